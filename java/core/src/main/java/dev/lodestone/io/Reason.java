package dev.lodestone.io;

import java.io.EOFException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;

/** Says in words why an operation on a file failed; several exceptions of {@code java.nio} carry the bare name only. */
final class Reason {
  private Reason() {}

  static String of(Throwable e, Path file) {
    if (e instanceof NoSuchFileException) {
      return "there is no such file or folder";
    } else if (e instanceof AccessDeniedException) {
      return "permission denied";
    } else if (e instanceof NotDirectoryException) {
      return "a part of the path is not a folder";
    } else if (e instanceof EOFException) {
      return "the file ends early";
    } else if (e instanceof OutOfMemoryError) {
      return "it does not fit into memory";
    } else if (e instanceof FileSystemException f && f.getReason() != null) {
      return f.getReason();
    }
    String text = e instanceof IOException ? e.getMessage() : null;
    return text == null || text.equals(file.toString()) ? e.getClass().getSimpleName() : text;
  }
}
