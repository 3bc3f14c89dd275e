package dev.lodestone.cuda;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A program that was run, for example a command of Lodestone in a JVM of its own, with this module's class path. */
record Child(int code, String out, String err) {
  /**
   * Runs a command of Lodestone.
   *
   * @param libraries folder of libraries that are found before the machine's; null for none
   */
  static Child lodestone(Path scratch, Path libraries, List<String> words) throws IOException, InterruptedException {
    var command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-cp",
        System.getProperty("java.class.path"), "dev.lodestone.cli.Main"));
    command.addAll(words);
    return run(scratch, libraries, command);
  }

  static Child run(Path scratch, Path libraries, List<String> command) throws IOException, InterruptedException {
    Path out = Files.createTempFile(scratch, "out", ".txt");
    Path err = Files.createTempFile(scratch, "err", ".txt");
    var builder = new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
    if (libraries != null) {
      builder.environment().put("LD_LIBRARY_PATH", libraries.toString());
    }
    Process process = builder.start();
    try {
      if (!process.waitFor(120, TimeUnit.SECONDS)) {
        throw new AssertionError(command + " did not end in two minutes");
      }
    } finally {
      process.destroyForcibly();
    }
    return new Child(process.exitValue(), Files.readString(out, UTF_8), Files.readString(err, UTF_8));
  }
}
