package dev.lodestone.lab.eval;

import dev.lodestone.engine.Edit;
import java.util.List;

/** Edits heads while a decoder works: asked before each of its passes, about the same sequences and tokens. */
public interface HeadEditor extends AutoCloseable {
  /** Makes an editor for each decoder. */
  interface Source {
    HeadEditor open(int sequences, int capacity);

    /**
     * Whether all rows of a prompt are left alone but the last, so that {@link SharedPrefix} may read them once for many
     * editors. Such an editor hears {@link HeadEditor#prefix} there instead of {@link HeadEditor#prompt}.
     */
    default boolean leavesPrompts() {
      return false;
    }

    /** Memory of such an editor, so that as many prompts are decoded together as both have room for. */
    default long bytes(int longestPrompt, int sequences, int capacity) {
      return 0;
    }
  }

  /** Leaves all heads alone. */
  Source NONE = new Source() {
    @Override
    public HeadEditor open(int sequences, int capacity) {
      return new HeadEditor() {};
    }

    @Override
    public boolean leavesPrompts() {
      return true;
    }
  };

  /** Edits of the pass that reads a prompt into a sequence. */
  default List<Edit> prompt(int sequence, int[] ids) {
    return List.of();
  }

  /** The sequence holds this prompt but for its last token, which a step appends next. */
  default void prefix(int sequence, int[] ids) {}

  /** Edits of a step that appends these tokens to these sequences, one each. */
  default List<Edit> step(int[] sequences, int[] ids) {
    return List.of();
  }

  @Override
  default void close() {}
}
