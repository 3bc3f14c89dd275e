package dev.lodestone.data;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Large reference files that stand in a folder {@code shared} beside the checkout; tests that want them are skipped
 * without.
 */
public final class SharedFiles {
  private SharedFiles() {}

  /** The file, or a skipped test whose reason is printed. */
  public static Path get(String name) {
    for (var folder = Path.of("").toAbsolutePath(); folder != null; folder = folder.getParent()) {
      var file = folder.resolve("shared").resolve(name);
      if (Files.exists(file)) {
        return file;
      }
    }
    var reason = "no shared/" + name + " beside the checkout";
    System.out.println("skipped: " + reason);
    assumeTrue(false, reason);
    throw new AssertionError();
  }
}
