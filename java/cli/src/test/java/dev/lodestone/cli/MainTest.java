package dev.lodestone.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

class MainTest {
  @TempDir Path folder;

  static List<String> commands() {
    return new ArrayList<>(new CommandLine(new Main()).getSubcommands().keySet());
  }

  @Test
  void withoutACommandTheUsageIsShown() {
    Cli cli = Cli.run();
    assertEquals(0, cli.code());
    for (String command : commands()) {
      assertTrue(cli.out().contains("  " + command), command);
    }
  }

  @ParameterizedTest
  @MethodSource("commands")
  void everyCommandHasHelpAndTheSharedOptions(String command) {
    Cli cli = Cli.run(command, "--help");
    assertEquals(0, cli.code());
    for (String option : List.of("--device", "--threads", "--seed", "--config", "--json", "--quiet", "--verbose")) {
      assertTrue(cli.out().contains(option), command + " " + option);
    }
  }

  @ParameterizedTest
  @MethodSource("commands")
  void anUnknownOptionIsTwoLinesWithTheNearestOne(String command) {
    Cli cli = Cli.run(command, "--sede", "3");
    assertEquals(2, cli.code());
    assertEquals(List.of("lodestone: unknown option '--sede'; did you mean '--seed'?",
        "See: ./lodestone " + command + " --help"), cli.errorLines());
  }

  @Test
  void anUnknownCommandIsTwoLinesWithTheNearestOne() {
    Cli cli = Cli.run("trian");
    assertEquals(2, cli.code());
    assertEquals(List.of("lodestone: unknown command 'trian'; did you mean 'train'?", "See: ./lodestone --help"),
        cli.errorLines());
  }

  @Test
  void aMissingOptionIsNamed() {
    Cli cli = Cli.run("train", "--steps", "3");
    assertEquals(2, cli.code());
    assertEquals("lodestone: missing --model, --data, --out", cli.errorLines().get(0));
  }

  @Test
  void aMisspeltOptionIsTheCauseOfAMissingOne() {
    Cli cli = Cli.run("train", "--modle=x", "--steps", "3");
    assertEquals("lodestone: unknown option '--modle'; did you mean '--model'?", cli.errorLines().get(0));
  }

  @Test
  void aValueThatIsNoneIsNamed() {
    Cli device = Cli.run("doctor", "--device", "gpu");
    assertEquals(2, device.code());
    assertTrue(device.err().contains("expected auto, cpu, cuda or simt but found 'gpu'"), device.err());
    Cli threads = Cli.run("doctor", "--threads", "-1");
    assertEquals(2, threads.code());
    assertTrue(threads.err().contains("--threads expected 0 or more but found -1"), threads.err());
    Cli steps = Cli.run("train", "--model", "m", "--data", "d", "--out", "o", "--steps", "many");
    assertEquals(2, steps.code());
    assertTrue(steps.err().contains("'--steps'") && steps.err().contains("many"), steps.err());
  }

  @Test
  void failedWorkIsOneLineAndTheTraceOnlyOnDemand() throws IOException {
    Path missing = folder.resolve("nowhere.gguf");
    Cli cli = Cli.run("import", missing, "--out", folder.resolve("out"));
    assertEquals(1, cli.code());
    assertEquals(1, cli.errorLines().size());
    assertTrue(cli.err().contains(missing.toString()), cli.err());
    Cli verbose = Cli.run("import", missing, "--out", folder.resolve("out"), "--verbose");
    assertEquals(1, verbose.code());
    assertTrue(verbose.err().contains("\tat dev.lodestone"), verbose.err());
  }
}
