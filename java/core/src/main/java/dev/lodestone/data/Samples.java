package dev.lodestone.data;

import dev.lodestone.LodestoneException;
import dev.lodestone.io.AtomicOutput;
import dev.lodestone.io.Lines;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * Files of samples, a JSON object a line, gzip or plain: ours, with text or tokens, or the lines of published data
 * sets. Every error is a LodestoneException that names file, line and field; a file without a sample is one too. Blank
 * lines are passed over. The streams read as they go and must be closed; the lists hold the whole file.
 */
public final class Samples {
  /** How a file is read. */
  public enum Format {
    /** By the fields of the first record. */
    AUTO,
    /** Text samples ({@code prompt}) and token samples ({@code tokens}). */
    LODESTONE,
    /** Lost in the Middle, question answering: {@code question}, {@code answers}, {@code ctxs}. */
    MDQA,
    /** Lost in the Middle, key-value retrieval: {@code ordered_kv_records}, {@code key}, {@code value}. */
    KV,
    /** MuSiQue: {@code question}, {@code paragraphs}, {@code answer}, {@code answer_aliases}. */
    MUSIQUE;

    /** Reads {@code auto}, {@code lodestone}, {@code mdqa}, {@code kv} or {@code musique}. */
    public static Format parse(String name) {
      for (var format : values()) {
        if (format.name().toLowerCase(Locale.ROOT).equals(name)) {
          return format;
        }
      }
      throw new LodestoneException(
          "Expected a format among auto, lodestone, mdqa, kv, musique but found \"" + name + "\".");
    }
  }

  private Samples() {}

  /** The text samples of a file. */
  public static List<Sample> readText(Path file, Format format) {
    try (var samples = streamText(file, format)) {
      return samples.toList();
    }
  }

  /** The text samples of a file, read as they are asked for. Token samples are refused. */
  public static Stream<Sample> streamText(Path file, Format format) {
    return records(file, format, (line, kind) -> {
      if (kind == Kind.TOKENS) {
        throw line.fields().bad("prompt", "a text, because this command needs text samples,", null);
      }
      return kind.text(line);
    });
  }

  /** The samples of a file as tokens, format {@code AUTO}; see {@link #streamTokens}. */
  public static List<TokenSample> readTokens(Path file, SampleEncoder encoder, long vocabulary) {
    return readTokens(file, Format.AUTO, encoder, vocabulary);
  }

  public static List<TokenSample> readTokens(Path file, Format format, SampleEncoder encoder, long vocabulary) {
    try (var samples = streamTokens(file, format, encoder, vocabulary)) {
      return samples.toList();
    }
  }

  /**
   * The samples of a file as tokens, read as they are asked for.
   *
   * @param encoder turns text into tokens; may be null if the file holds token samples
   * @param vocabulary tokens and labels must be below it
   */
  public static Stream<TokenSample> streamTokens(Path file, Format format, SampleEncoder encoder, long vocabulary) {
    return records(file, format, (line, kind) -> {
      if (kind == Kind.TOKENS) {
        return SampleLine.tokens(line.fields(), line.index(), vocabulary);
      }
      var sample = kind.text(line);
      if (encoder == null) {
        throw new LodestoneException(line.fields().where() + ": expected token samples (\"tokens\"), or a model with a"
            + " tokenizer.json to make them, but found text and no tokenizer.");
      }
      var encoded = encoder.encode(sample);
      for (int token : encoded.tokens()) {
        if (token >= vocabulary) {
          throw new LodestoneException(line.fields().where()
              + ": the tokenizer does not fit the model: it gives the token "
              + token + ", the model has " + vocabulary + ".");
        }
      }
      return encoded;
    });
  }

  /** Writes text samples, the file complete or not at all; compressed if its name ends in .gz. */
  public static void write(Path file, Stream<Sample> samples) {
    try (var out = AtomicOutput.open(file)) {
      for (Iterator<Sample> it = samples.iterator(); it.hasNext(); ) {
        out.stream().write(it.next().toLine());
      }
      out.commit();
    } catch (IOException e) {
      throw new LodestoneException("Cannot write " + file + ": " + e.getMessage(), e);
    }
  }

  /** A record of a file, numbered from 0 without the blank lines. */
  record Line(Fields fields, int index) {}

  private enum Kind {
    TOKENS, TEXT, MDQA, KV, MUSIQUE;

    /** What a line holds, given what the file is said to hold. */
    static Kind of(Fields line, Format format) {
      return switch (format) {
        case MDQA -> MDQA;
        case KV -> KV;
        case MUSIQUE -> MUSIQUE;
        case LODESTONE -> line.has("tokens") ? TOKENS : line.has("prompt") ? TEXT
            : fail(line, "\"tokens\" or \"prompt\"");
        case AUTO -> line.has("tokens") ? TOKENS
            : line.has("prompt") ? TEXT
            : line.has("ctxs") ? MDQA
            : line.has("ordered_kv_records") ? KV
            : line.has("paragraphs") ? MUSIQUE
            : fail(line, "\"tokens\", \"prompt\", \"ctxs\", \"ordered_kv_records\" or \"paragraphs\"");
      };
    }

    private static Kind fail(Fields line, String fields) {
      throw new LodestoneException(line.where() + ": expected a sample with the field " + fields + " but found "
          + (line.node().isEmpty() ? "none" : "only " + String.join(", ", names(line))) + ".");
    }

    private static List<String> names(Fields line) {
      return line.node().properties().stream().limit(5).map(p -> "\"" + p.getKey() + "\"").toList();
    }

    Sample text(Line line) {
      return switch (this) {
        case TEXT -> SampleLine.text(line.fields(), line.index());
        case MDQA -> Originals.mdqa(line.fields(), line.index());
        case KV -> Originals.keyValue(line.fields(), line.index());
        case MUSIQUE -> Originals.musique(line.fields(), line.index());
        case TOKENS -> throw new IllegalStateException("tokens are not text");
      };
    }
  }

  private static <T> Stream<T> records(Path file, Format format, BiFunction<Line, Kind, T> reader) {
    var lines = Lines.open(file);
    var source = lines.filter(l -> !l.text().isBlank()).iterator();
    try {
      if (!source.hasNext()) {
        throw new LodestoneException(file + ": expected samples, one JSON object a line, but found an empty file.");
      }
    } catch (RuntimeException e) {
      lines.close();
      throw e;
    }
    var records = new Iterator<T>() {
      private Format known = format;
      private int index;

      @Override
      public boolean hasNext() {
        return source.hasNext();
      }

      @Override
      public T next() {
        var line = source.next();
        var fields = Fields.parse(line.text(), file + " line " + line.number());
        var kind = Kind.of(fields, known);
        if (known == Format.AUTO) { // the first record decides for the rest
          known = switch (kind) {
            case MDQA -> Format.MDQA;
            case KV -> Format.KV;
            case MUSIQUE -> Format.MUSIQUE;
            default -> Format.LODESTONE;
          };
        }
        return reader.apply(new Line(fields, index++), kind);
      }
    };
    int traits = Spliterator.ORDERED | Spliterator.NONNULL;
    return StreamSupport.stream(Spliterators.spliteratorUnknownSize(records, traits), false).onClose(lines::close);
  }
}
