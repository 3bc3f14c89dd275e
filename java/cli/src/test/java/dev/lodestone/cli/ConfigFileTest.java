package dev.lodestone.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class ConfigFileTest {
  @TempDir Path folder;

  /** The merged configuration of {@code train} after these words. */
  private JsonNode merge(String file, String text, String... words) throws IOException {
    Path config = Files.writeString(folder.resolve(file), text);
    String[] all = new String[words.length + 3];
    all[0] = "train";
    all[1] = "--config";
    all[2] = config.toString();
    System.arraycopy(words, 0, all, 3, words.length);
    var line = new CommandLine(new Main());
    ConfigFile.find(all).orElseThrow().applyTo(line, all);
    var parsed = line.parseArgs(all);
    return ((BaseCommand) parsed.subcommand().commandSpec().userObject()).configuration();
  }

  @Test
  void theFileFillsInAndTheCommandLineWins() throws IOException {
    String yaml = """
        # a comment
        model: some/model
        data: d.jsonl
        out: run
        steps: 40
        lr: 3e-3
        betas: [0.8, 0.9]
        no-decay-on: [norm, bias]
        resume: true
        device: cpu
        seed: 7
        """;
    JsonNode merged = merge("c.yaml", yaml, "--steps", "50", "--seed=9");
    assertEquals("some/model", merged.get("model").asText());
    assertEquals(50, merged.get("steps").asInt());
    assertEquals(9, merged.get("seed").asInt());
    assertEquals(3e-3, merged.get("lr").asDouble());
    assertEquals("[0.8,0.9]", merged.get("betas").toString());
    assertEquals("[\"norm\",\"bias\"]", merged.get("no-decay-on").toString());
    assertTrue(merged.get("resume").asBoolean());
    assertEquals("cosine", merged.get("schedule").asText()); // the default of what nobody named
  }

  @Test
  void aSavedRunServesAsConfiguration() throws IOException {
    JsonNode merged = merge("run.json", """
        {"command": "train", "configuration": {"model": "m", "data": "d", "out": "o", "steps": 3, "rope": null},
         "versions": {"java": "17"}}""");
    assertEquals(3, merged.get("steps").asInt());
    assertTrue(merged.get("rope").isNull());
  }

  @Test
  void anUnknownKeyIsAnErrorWithTheNearestOption() throws IOException {
    Path config = Files.writeString(folder.resolve("c.yaml"), "stpes: 3\n");
    Cli cli = Cli.run("train", "--config=" + config);
    assertEquals(2, cli.code());
    assertEquals("lodestone: " + config + ": unknown option 'stpes'; did you mean 'steps'?", cli.errorLines().get(0));
  }

  @Test
  void aValueThatDoesNotFitIsAnErrorLikeOnTheCommandLine() throws IOException {
    Path config = Files.writeString(folder.resolve("c.yaml"), "steps: many\n");
    Cli cli = Cli.run("train", "--config", config, "--model", "m", "--data", "d", "--out", "o");
    assertEquals(2, cli.code());
    assertTrue(cli.err().contains("many"), cli.err());
  }

  @Test
  void whatIsNoConfigurationIsRefused() throws IOException {
    assertFails("- a\n- b\n", "expected options by name");
    assertFails("steps: {a: 1}\n", "expected a value or a list but found an object");
    assertFails("steps: [1\n", "not YAML or JSON");
    assertFails("", "expected options by name");
    Cli missing = Cli.run("train", "--config", folder.resolve("none.yaml"));
    assertEquals(1, missing.code());
    assertTrue(missing.err().contains("none.yaml: no such file or folder"), missing.err());
  }

  private void assertFails(String text, String sentence) throws IOException {
    Path config = Files.writeString(folder.resolve("bad.yaml"), text);
    Cli cli = Cli.run("train", "--config", config);
    assertEquals(1, cli.code(), text);
    assertEquals(1, cli.errorLines().size(), cli.err());
    assertTrue(cli.err().contains(sentence), cli.err());
  }

  @Test
  void progressIsQuietWhenAsked() {
    var err = new StringWriter();
    try (var progress = Progress.start(new PrintWriter(err), true, "work", 3)) {
      progress.log("a line");
      progress.update(1, "note");
    }
    assertEquals("", err.toString());
  }
}
