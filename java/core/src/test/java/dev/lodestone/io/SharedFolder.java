package dev.lodestone.io;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/**
 * Large reference material that the repository does not hold: the folder that the system property {@code
 * lodestone.shared} or the environment variable {@code LODESTONE_SHARED} names, else {@code shared} beside the
 * repository. Tests that need it are skipped without, and say so.
 */
public final class SharedFolder {
  private SharedFolder() {}

  /** The file or folder of that name; skips the running test if it is not there. */
  public static Path require(String name) {
    String set = System.getProperty("lodestone.shared", System.getenv("LODESTONE_SHARED"));
    Path folder = set != null ? Path.of(set) : Path.of("../../../shared").toAbsolutePath().normalize();
    Path file = folder.resolve(name);
    if (!Files.exists(file)) {
      String why = "skipped: there is no " + file + " (set LODESTONE_SHARED to the folder of reference material)";
      System.out.println(why);
      Assumptions.abort(why);
    }
    return file;
  }
}
