package dev.lodestone.io;

import dev.lodestone.LodestoneException;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.GZIPOutputStream;

/**
 * A file that appears under its name only when it is whole. Bytes go to {@code .NAME.tmp-PID-N} in the same folder
 * (made if missing); {@link #commit} flushes them to the disk and moves the file into place; {@link #close} without
 * commit deletes them and leaves what stood under the name untouched. A name that ends in {@code .gz} is written
 * compressed. Something that is not a regular file (a pipe, {@code /dev/null}) is written directly.
 *
 * <p>Failing writes, a full disk among them, are a {@link LodestoneException} of one sentence, from the stream too.
 */
public final class AtomicOutput implements AutoCloseable {
  private static final AtomicLong COUNTER = new AtomicLong();

  private final Path name; // as the caller said it, for messages
  private final Path target;
  private final Path temporary; // = target when written directly
  private final FileChannel channel;
  private OutputStream stream;
  private Writer writer;
  private boolean done;

  private AtomicOutput(Path name, Path target, Path temporary, FileChannel channel) {
    this.name = name;
    this.target = target;
    this.temporary = temporary;
    this.channel = channel;
  }

  public static AtomicOutput open(Path name) {
    try {
      Path target = Files.exists(name) ? name.toRealPath() : name.toAbsolutePath().normalize();
      if (Files.isDirectory(target)) {
        throw new LodestoneException("cannot write " + name + ": it is a folder");
      }
      if (target.getFileName() == null) {
        throw new LodestoneException("cannot write " + name + ": expected the name of a file");
      }
      boolean direct = Files.exists(target) && !Files.isRegularFile(target);
      if (direct) {
        return new AtomicOutput(name, target, target, FileChannel.open(target, StandardOpenOption.WRITE));
      }
      Files.createDirectories(target.getParent());
      String suffix = ".tmp-" + ProcessHandle.current().pid() + "-" + COUNTER.getAndIncrement();
      Path temporary = target.resolveSibling("." + target.getFileName() + suffix);
      var channel = FileChannel.open(temporary, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);
      return new AtomicOutput(name, target, temporary, channel);
    } catch (IOException e) {
      throw failed(name, e);
    }
  }

  /** Buffered, compressed if the name ends in {@code .gz}. Closing it does nothing; {@link #commit} does. */
  public OutputStream stream() {
    if (stream == null) {
      try {
        boolean gzip = name.toString().endsWith(".gz");
        OutputStream raw = new ChannelStream();
        stream = gzip ? new Open(new GZIPOutputStream(raw, 1 << 16)) : new Open(raw);
      } catch (IOException e) {
        throw failed(name, e);
      }
    }
    return stream;
  }

  /** UTF-8 over {@link #stream}. */
  public Writer writer() {
    if (writer == null) {
      writer = new OutputStreamWriter(stream(), StandardCharsets.UTF_8);
    }
    return writer;
  }

  /** The raw channel; not for {@code .gz} names, and not together with {@link #stream}. */
  public FileChannel channel() {
    if (stream != null || name.toString().endsWith(".gz")) {
      throw new IllegalStateException("the channel of " + name + " is taken by its stream");
    }
    return channel;
  }

  /** Writes all that remains in the buffer to {@link #channel}. */
  public void write(ByteBuffer bytes) {
    try {
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
    } catch (IOException e) {
      throw failed(name, e);
    }
  }

  /** Puts the file into place: flushed to the disk, then moved over its name in one step. */
  public void commit() {
    if (done) {
      throw new IllegalStateException(name + " was already committed or closed");
    }
    try {
      if (writer != null) {
        writer.flush();
      }
      if (stream != null) {
        ((Open) stream).finish();
      }
      if (!temporary.equals(target)) {
        channel.force(true);
        channel.close();
        Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        syncFolder(target.getParent());
      }
      channel.close();
      done = true;
    } catch (IOException e) {
      throw failed(name, e);
    }
  }

  @Override
  public void close() {
    if (done) {
      return;
    }
    done = true;
    try {
      channel.close();
      if (!temporary.equals(target)) {
        Files.deleteIfExists(temporary);
      }
    } catch (IOException e) {
      // The failure that brought us here says more than this one.
    }
  }

  private static void syncFolder(Path folder) {
    if (!FileSystems.getDefault().supportedFileAttributeViews().contains("posix")) {
      return;
    }
    try (var channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    } catch (IOException e) {
      // Not every file system can: the file is in place all the same.
    }
  }

  private static LodestoneException failed(Path name, IOException e) {
    return new LodestoneException("cannot write " + name + ": " + Reason.of(e, name), e);
  }

  /** The channel as a stream whose failures name the file. */
  private final class ChannelStream extends OutputStream {
    @Override
    public void write(int b) {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
      AtomicOutput.this.write(ByteBuffer.wrap(bytes, offset, length));
    }
  }

  /** A buffer that its user cannot close, so that a closed writer does not look like a whole file. */
  private static final class Open extends BufferedOutputStream {
    Open(OutputStream out) {
      super(out, 1 << 16);
    }

    @Override
    public void close() throws IOException {
      flush();
    }

    void finish() throws IOException {
      flush();
      if (out instanceof GZIPOutputStream gzip) {
        gzip.finish();
      }
    }
  }
}
