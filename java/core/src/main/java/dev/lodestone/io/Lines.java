package dev.lodestone.io;

import dev.lodestone.LodestoneException;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.function.Consumer;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * Text files of UTF-8 lines, gzip or plain (told by the first two bytes). Lines count from 1, blank ones included; a
 * line feed or carriage return + line feed ends a line and is not part of it. Bytes that are not UTF-8 and gzip files
 * that are cut are a {@link LodestoneException} that names the line.
 */
public final class Lines {
  /** A line without its end. */
  public record Line(int number, String text) {}

  /** Takes one line after another. */
  @FunctionalInterface
  public interface LineConsumer {
    void accept(int number, String text);
  }

  private static final int LONGEST_LINE = 1 << 30; // bytes

  private Lines() {}

  public static void forEach(Path file, LineConsumer consumer) {
    try (Stream<Line> lines = open(file)) {
      lines.forEachOrdered(line -> consumer.accept(line.number(), line.text()));
    }
  }

  /** Lines read as they are asked for. Close the stream. */
  public static Stream<Line> open(Path file) {
    InputStream in = openStream(file);
    var spliterator =
        new Spliterators.AbstractSpliterator<Line>(Long.MAX_VALUE, Spliterator.ORDERED | Spliterator.NONNULL) {
          private int number;

          @Override
          public boolean tryAdvance(Consumer<? super Line> action) {
            String text = readLine(in, file, number + 1);
            if (text == null) {
              return false;
            }
            action.accept(new Line(++number, text));
            return true;
          }
        };
    return StreamSupport.stream(spliterator, false).onClose(() -> close(in));
  }

  /** The whole text of a file. */
  public static String readString(Path file) {
    try (InputStream in = openStream(file)) {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(in.readAllBytes())).toString();
    } catch (CharacterCodingException e) {
      throw new LodestoneException(file + ": expected UTF-8 text but found other bytes", e);
    } catch (IOException | OutOfMemoryError e) {
      throw cannotRead(file, e);
    }
  }

  /** The bytes of a file, decompressed if it is gzip. */
  public static InputStream openStream(Path file) {
    try {
      if (Files.isDirectory(file)) {
        throw new LodestoneException(file + ": expected a file but found a folder");
      }
      var in = new BufferedInputStream(Files.newInputStream(file), 1 << 16);
      try {
        in.mark(2);
        boolean gzip = in.read() == 0x1f && in.read() == 0x8b;
        in.reset();
        if (!gzip && file.toString().endsWith(".gz")) {
          throw new LodestoneException(file + ": expected gzip, as the name says, but found other bytes");
        }
        return gzip ? new BufferedInputStream(new GZIPInputStream(in, 1 << 16), 1 << 16) : in;
      } catch (IOException | RuntimeException e) {
        in.close();
        throw e;
      }
    } catch (IOException e) {
      throw cannotRead(file, e);
    }
  }

  private static String readLine(InputStream in, Path file, int number) {
    var bytes = new ByteArrayOutputStream(256);
    try {
      int b = in.read();
      if (b < 0) {
        return null;
      }
      for (; b >= 0 && b != '\n'; b = in.read()) {
        if (bytes.size() == LONGEST_LINE) {
          throw new LodestoneException(file + " line " + number + ": longer than 1 GiB");
        }
        bytes.write(b);
      }
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes.toByteArray())).toString();
      if (number == 1 && text.startsWith("\ufeff")) {
        text = text.substring(1);
      }
      return text.endsWith("\r") ? text.substring(0, text.length() - 1) : text;
    } catch (CharacterCodingException e) {
      throw new LodestoneException(file + " line " + number + ": expected UTF-8 text but found other bytes", e);
    } catch (EOFException | ZipException e) {
      throw new LodestoneException(file + " line " + number + ": the gzip data are cut or damaged", e);
    } catch (IOException e) {
      throw cannotRead(file, e);
    }
  }

  private static void close(InputStream in) {
    try {
      in.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static LodestoneException cannotRead(Path file, Throwable e) {
    String why = e instanceof NoSuchFileException ? "there is no such file" : Reason.of(e, file);
    return new LodestoneException("cannot read " + file + ": " + why, e);
  }
}
