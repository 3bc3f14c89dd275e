package dev.lodestone.lab.study;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/**
 * One process at a time runs a step. The lock is the operating system's, so it ends with the process that has it,
 * however that ends; the empty file stays.
 */
final class StepLock implements AutoCloseable {
  private final FileLock lock;

  private StepLock(FileLock lock) {
    this.lock = lock;
  }

  /** The lock, or nothing if another process or thread has it. */
  static Optional<StepLock> take(Path file) throws IOException {
    Files.createDirectories(file.getParent());
    var channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      var lock = channel.tryLock();
      if (lock != null) {
        return Optional.of(new StepLock(lock));
      }
    } catch (OverlappingFileLockException e) {
      // another thread of this process has it
    } catch (IOException e) {
      channel.close();
      throw e;
    }
    channel.close();
    return Optional.empty();
  }

  @Override
  public void close() throws IOException {
    lock.acquiredBy().close();
  }
}
