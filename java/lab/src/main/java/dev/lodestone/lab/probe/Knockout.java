package dev.lodestone.lab.probe;

import dev.lodestone.LodestoneException;
import dev.lodestone.engine.Edit;
import dev.lodestone.heads.Head;
import dev.lodestone.model.ModelConfig;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Heads to remove and how: {@code zero:0-1,2-3}. */
public record Knockout(Mode mode, List<Head> heads) {
  /** What a removed head puts out. */
  public enum Mode {
    /** Nothing. */
    ZERO,
    /** The mean of its own output over the rows of the document. */
    MEAN,
    /** The mean of the values it may see: its query is 0 (Wu et al. 2024, their masking code). */
    UNIFORM;

    Edit edit(Head head) {
      return switch (this) {
        case ZERO -> Edit.zero(head);
        case MEAN -> Edit.mean(head, null);
        case UNIFORM -> Edit.uniform(head);
      };
    }
  }

  /** No head. */
  public static final Knockout NONE = new Knockout(Mode.ZERO, List.of());

  /** Reads {@code MODE:l-h,l-h}. */
  public static Knockout parse(String text) {
    String[] parts = text.split(":", 2);
    if (parts.length < 2) {
      throw new LodestoneException("expected a knockout as MODE:heads, such as zero:0-1,2-3, but found '" + text + "'");
    }
    for (Mode mode : Mode.values()) {
      if (mode.name().equalsIgnoreCase(parts[0].strip())) {
        return new Knockout(mode, Head.parseList(parts[1]));
      }
    }
    throw new LodestoneException("expected a knockout mode among " + Arrays.stream(Mode.values())
        .map(m -> m.name().toLowerCase(Locale.ROOT)).collect(Collectors.joining(", ")) + " but found '" + parts[0]
        + "'");
  }

  public List<Edit> edits() {
    return heads.stream().map(mode::edit).toList();
  }

  /** That the model has these heads. */
  static void check(List<Head> heads, ModelConfig config) {
    for (Head head : heads) {
      if (head.layer() >= config.layers() || head.head() >= config.heads()) {
        throw new LodestoneException("expected heads of a model with " + config.layers() + " layers of "
            + config.heads() + " heads but found " + head);
      }
    }
  }
}
