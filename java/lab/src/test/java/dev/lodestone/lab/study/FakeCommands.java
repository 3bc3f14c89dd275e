package dev.lodestone.lab.study;

import dev.lodestone.io.Json;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;

/** Commands that leave the files of real ones, and remember what they were asked. */
final class FakeCommands implements Commands {
  final List<List<String>> calls = Collections.synchronizedList(new ArrayList<>());
  /** Looks at the words of a command before it writes; throws in its stead. */
  volatile Consumer<List<String>> before = words -> {};

  /** A command that ends without its result. */
  volatile String lazy = "";

  @Override
  public boolean readsFiles(String command, String option) {
    return option.equals("source");
  }

  @Override
  public void run(List<String> words, PrintWriter out) {
    calls.add(words);
    before.accept(words);
    if (words.get(0).equals(lazy)) {
      return;
    }
    Path target = Path.of(words.get(words.indexOf("--out") + 1));
    try {
      switch (words.get(0)) {
        case "train" -> Files.createFile(Files.createDirectories(target.resolve("step_%08d".formatted(
            Integer.parseInt(words.get(words.indexOf("--steps") + 1))))).resolve("DONE"));
        case "heads" -> Files.writeString(target.resolveSibling("wu-code.json"), "{}");
        default -> Files.writeString(target, words.toString());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    out.print(words.get(0).equals("eval") ? "{\"f1\": 0.5}" : "done");
  }

  /** How often commands of this name ran. */
  long count(String command) {
    return calls.stream().filter(words -> words.get(0).equals(command)).count();
  }

  StudyPlan plan(String json) {
    return StudyPlan.of(Json.parse(json, "study.yaml"), "study.yaml", this);
  }
}
