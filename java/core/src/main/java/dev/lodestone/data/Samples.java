package dev.lodestone.data;

import dev.lodestone.LodestoneException;
import dev.lodestone.io.AtomicOutput;
import dev.lodestone.io.Json;
import dev.lodestone.io.Lines;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.NoSuchElementException;
import java.util.Spliterator;
import java.util.Spliterators;
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
    MUSIQUE,
    /** HotpotQA and 2WikiMultihopQA: {@code question}, {@code context}, {@code supporting_facts}, {@code answer}. */
    HOTPOT,
    /** Summary of a Haystack: a topic with {@code subtopics} and {@code documents}; a sample an insight. */
    SUMMHAY;

    /** The names on the command line: {@code auto}, {@code lodestone}, {@code mdqa}, ... */
    public static String names() {
      return Arrays.toString(values()).replaceAll("[\\[\\]]", "").toLowerCase(Locale.ROOT);
    }

    /** The format of that name. */
    public static Format parse(String name) {
      for (var format : values()) {
        if (format.name().toLowerCase(Locale.ROOT).equals(name)) {
          return format;
        }
      }
      throw new LodestoneException("Expected a format among " + names() + " but found \"" + name + "\".");
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
    return streamText(file, format, null);
  }

  /** @param template the wording of prompts that are rendered from published records; null for the published ones */
  public static Stream<Sample> streamText(Path file, Format format, PromptTemplate template) {
    return records(file, format, (record, kind, index) -> {
      if (kind == RecordKind.TOKENS) {
        throw record.bad("prompt", "a text, because this command needs text samples,", null);
      }
      return texts(record, kind, index, template);
    });
  }

  private static Iterator<Sample> texts(Fields record, RecordKind kind, int index, PromptTemplate template) {
    if (template != null && !kind.takesTemplate()) {
      throw new LodestoneException(record.where() + ": expected records of mdqa, musique, hotpot or summhay, whose prompt"
          + " a template can replace, but found another kind.");
    }
    return kind.texts(record, index, template);
  }

  /** The samples of a file as tokens, format {@code AUTO}; see {@link #streamTokens}. */
  public static List<TokenSample> readTokens(Path file, SampleEncoder encoder, long vocabulary) {
    return readTokens(file, Format.AUTO, encoder, vocabulary);
  }

  public static List<TokenSample> readTokens(Path file, Format format, SampleEncoder encoder, long vocabulary) {
    return readTokens(file, format, null, encoder, vocabulary);
  }

  /** @param template as in {@link #streamText(Path, Format, PromptTemplate)} */
  public static List<TokenSample> readTokens(Path file, Format format, PromptTemplate template, SampleEncoder encoder,
      long vocabulary) {
    try (var samples = streamTokens(file, format, template, encoder, vocabulary)) {
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
    return streamTokens(file, format, null, encoder, vocabulary);
  }

  private static Stream<TokenSample> streamTokens(Path file, Format format, PromptTemplate template,
      SampleEncoder encoder, long vocabulary) {
    return records(file, format, (record, kind, index) -> {
      if (kind == RecordKind.TOKENS) {
        return List.of(SampleLine.tokens(record, index, vocabulary)).iterator();
      }
      if (encoder == null) {
        throw new LodestoneException(record.where() + ": expected token samples (\"tokens\"), or a model with a"
            + " tokenizer.json to make them, but found text and no tokenizer.");
      }
      var texts = texts(record, kind, index, template);
      return new Iterator<TokenSample>() {
        @Override
        public boolean hasNext() {
          return texts.hasNext();
        }

        @Override
        public TokenSample next() {
          return encode(texts.next(), encoder, vocabulary, record.where());
        }
      };
    });
  }

  private static TokenSample encode(Sample sample, SampleEncoder encoder, long vocabulary, String where) {
    var encoded = encoder.encode(sample);
    for (int token : encoded.tokens()) {
      if (token >= vocabulary) {
        throw new LodestoneException(where + ": the tokenizer does not fit the model: it gives the token " + token
            + ", the model has " + vocabulary + ".");
      }
    }
    return encoded;
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

  /** Makes samples of a record; records are numbered from 0. */
  private interface Reader<T> {
    Iterator<T> read(Fields record, RecordKind kind, int index);
  }

  private static <T> Stream<T> records(Path file, Format format, Reader<T> reader) {
    var lines = Lines.open(file);
    var source = lines.filter(l -> !l.text().isBlank()).iterator();
    Lines.Line first;
    try {
      if (!source.hasNext()) {
        throw new LodestoneException(file + ": expected samples, one JSON object a line, but found an empty file.");
      }
      first = source.next();
    } catch (RuntimeException e) {
      lines.close();
      throw e;
    }
    var records = new Iterator<T>() {
      private Lines.Line line = first; // the next one, or null if it is yet to be read
      private Format known = format;
      private int index;
      private boolean last;
      private Iterator<T> samples = Collections.emptyIterator(); // of the record that is being read

      @Override
      public boolean hasNext() {
        while (!samples.hasNext() && !last && (line != null || source.hasNext())) {
          line = line == null ? source.next() : line;
          last = index == 0 && line.text().strip().equals("{"); // an indented object, which fills the file
          var record = last ? Fields.of(Json.readFile(file), file.toString())
              : Fields.parse(line.text(), file + " line " + line.number());
          var kind = RecordKind.of(record, known);
          known = kind.format; // the first record decides for the rest
          samples = reader.read(record, kind, index++);
          line = null;
        }
        return samples.hasNext();
      }

      @Override
      public T next() {
        if (!hasNext()) {
          throw new NoSuchElementException();
        }
        return samples.next();
      }
    };
    int traits = Spliterator.ORDERED | Spliterator.NONNULL;
    return StreamSupport.stream(Spliterators.spliteratorUnknownSize(records, traits), false).onClose(lines::close);
  }
}
