package dev.lodestone.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.io.Json;
import dev.lodestone.io.Safetensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProbeCommandTest {
  @TempDir Path folder;
  private Path model;
  private Path data;
  private Path out;

  @BeforeEach
  void write() throws IOException {
    model = TinyModel.write(folder.resolve("model"));
    data = Files.writeString(folder.resolve("t.jsonl"), """
        {"id": "a", "tokens": [1, 2, 3, 4, 5], "labels": [1, 2, 3, 4, 5], \
        "spans": [{"name": "needle", "start": 1, "end": 3}]}
        {"id": "b", "prompt": "the cat sat", "spans": [{"name": "needle", "start": 4, "end": 7}]}
        """);
    out = folder.resolve("out.safetensors");
  }

  private Cli probe(Object... more) {
    var words = new ArrayList<Object>(List.of("probe", "--model", model, "--tokens", data, "--out", out,
        "--device", "cpu"));
    words.addAll(Arrays.asList(more));
    return Cli.run(words.toArray());
  }

  private Set<String> names() {
    try (var file = Safetensors.open(out)) {
      return Set.copyOf(file.tensors().keySet());
    }
  }

  @Test
  void writesTheTensorsOfEverySample() {
    Cli run = probe("--stats", "top2,mass", "--rows", "-2:", "--json");
    assertEquals(0, run.code(), run.err());
    assertEquals(Set.of("0/logits", "0/row_argmax", "0/row_max_prob", "0/row_second_prob", "0/span_mass",
        "1/logits", "1/row_argmax", "1/row_max_prob", "1/row_second_prob", "1/span_mass"), names());
    var json = Json.parse(run.out(), "summary");
    assertEquals(8, json.get("tokens").asInt());
    assertEquals("-2:", json.at("/configuration/rows").asText());
  }

  @Test
  void generatesAndKnocksOut() {
    assertEquals(0, probe("--generate", 3, "--knockout", "zero:0-1").code());
    assertTrue(names().contains("1/generated"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"--stats=entropy", "--rows=5", "--knockout=none:0-0", "--knockout=zero", "--patch-heads=0-0",
      "--generate=x"})
  void wrongWordsAreExitTwo(String word) {
    Cli run = probe(word);
    assertEquals(2, run.code(), run.err());
    assertTrue(run.errorLines().size() <= 2, run.err());
    assertFalse(Files.exists(out));
  }

  @ParameterizedTest
  @ValueSource(strings = {"--rows=2:9", "--knockout=zero:1-0", "--gradients", "--config-file=other.json",
      "--generate=-1"})
  void whatCannotBeDoneIsExitOneAndLeavesNothing(String word) throws IOException {
    Cli run = probe(word);
    assertEquals(1, run.code(), run.err());
    assertEquals(1, run.errorLines().size(), run.err());
    assertFalse(Files.exists(out));
    try (var left = Files.list(folder)) {
      assertEquals(2, left.count()); // model and data
    }
  }

  @Test
  void aNameThatCannotBeWrittenIsRefused() {
    out = Path.of("/proc/nowhere/x.safetensors");
    assertEquals(1, probe().code());
    out = folder;
    assertEquals(1, probe().code());
  }
}
