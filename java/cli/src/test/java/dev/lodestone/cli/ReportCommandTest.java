package dev.lodestone.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.io.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportCommandTest {
  @TempDir Path folder;

  private Path write(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text);
  }

  private void heads(String name, double... means) throws IOException {
    write(name, "{\"0-0\":[%s],\"0-1\":[%s],\"1-0\":[%s],\"1-1\":[%s]}".formatted(means[0], means[1], means[2],
        means[3]));
  }

  /** From what train, compare and eval write. */
  @Test
  void showsWhatTheOtherCommandsWrite() throws IOException {
    Path model = TinyModel.write(folder.resolve("model"));
    Path data = write("data.jsonl", "{\"id\": \"a\", \"tokens\": [1, 2, 3, 4, 5, 6, 7, 8]}\n");
    assertEquals(0, Cli.run("train", "--model", model, "--data", data, "--out", folder.resolve("run"), "--steps", "3",
        "--batch-tokens", "16", "--device", "cpu", "--quiet").code());
    heads("real.json", 0.9, 0.5, 0.2, 0.05);
    heads("close.json", 0.8, 0.4, 0.05, 0.05);
    heads("far.json", 0.05, 0.0, 0.3, 0.6);
    Path table = write("scores.csv", "file,f1\nreal,0.8\nclose,0.7\nfar,0.1\n");
    Cli compared = Cli.run("compare", "--reference", folder.resolve("real.json"), folder.resolve("real.json"),
        folder.resolve("close.json"), folder.resolve("far.json"), "--top", "2", "--scores", table, "--out",
        folder.resolve("compare.json"));
    assertEquals(0, compared.code(), compared.err());
    Path niah = write("niah.jsonl", """
        {"id": "a", "task": "niah", "prompt": "p", "answers": ["cat"], "meta": {"depth": 0, "context_length": 64}}
        {"id": "b", "task": "niah", "prompt": "p", "answers": ["cat"], "meta": {"depth": 100, "context_length": 64}}
        """);
    Path predictions = write("p.jsonl", """
        {"id": "a", "prediction": "cat"}
        {"id": "b", "prediction": "x"}
        """);
    Cli scored = Cli.run("eval", "--data", niah, "--predictions", predictions, "--out", folder.resolve("eval.jsonl"));
    assertEquals(0, scored.code(), scored.err());

    Path page = folder.resolve("report.html");
    Cli run = Cli.run("report", folder, "--out", page, "--json");
    assertEquals(0, run.code(), run.err());
    var json = Json.parse(run.out(), "summary");
    assertEquals("[\"Heads\",\"Heads compared\",\"Heads and task scores\",\"Training\",\"Needles by depth and length\","
        + "\"Task scores\"]", json.get("sections").toString());
    assertEquals("[]", json.get("skipped").toString());
    var numbers = Json.readFile(folder.resolve("report/data/report.json"));
    assertEquals(1, numbers.at("/comparison/0/cosine").asDouble(), 1e-12);
    assertEquals(3, numbers.at("/runs/0/steps").asInt());
    assertEquals(1, numbers.at("/needles/0/mean").asDouble());
    assertTrue(Files.readString(page).contains("<td>model</td><td>data.jsonl</td>"));
  }

  @Test
  void brokenFilesAreNamed() throws IOException {
    heads("real.json", 0.9, 0.5, 0.2, 0.05);
    Path broken = write("broken.json", "{\"kind\": \"knockout\"}");
    Path page = folder.resolve("report.html");
    Cli run = Cli.run("report", folder, "--out", page);
    assertEquals(0, run.code(), run.err());
    assertTrue(run.out().contains("  skipped: broken.json: levels: expected an array but found nothing"), run.out());
    assertTrue(Files.exists(page));
    Files.delete(page);
    Cli refused = Cli.run("report", broken, "--out", page);
    assertEquals(1, refused.code());
    assertEquals(1, refused.errorLines().size(), refused.err());
    assertFalse(Files.exists(page));
  }

  @Test
  void wrongWordsAreExitTwo() {
    assertEquals(2, Cli.run("report", folder).code());
    assertEquals(2, Cli.run("report", "--out", "x.html").code());
    assertEquals(2, Cli.run("report", folder, "--out", "x.txt").code());
    assertEquals(1, Cli.run("report", folder.resolve("none"), "--out", folder.resolve("x.html")).code());
  }
}
