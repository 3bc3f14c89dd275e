package dev.lodestone.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.io.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CompareCommandTest {
  @TempDir Path folder;
  private Path real;
  private Path close;
  private Path far;
  private Path none;

  @BeforeEach
  void write() throws IOException {
    real = scores("real.json", 0.9, 0.5, 0.2, 0.05);
    close = scores("close.json", 0.8, 0.4, 0.05, 0.05);
    far = scores("far.json", 0.05, 0.0, 0.3, 0.6);
    none = scores("none.json", 0, 0, 0, 0);
  }

  private Path scores(String name, double... means) throws IOException {
    return Files.writeString(folder.resolve(name), "{\"0-0\":[%s],\"0-1\":[%s],\"1-0\":[%s],\"1-1\":[%s]}".formatted(
        means[0], means[1], means[2], means[3]));
  }

  private Cli compare(Object... words) {
    var all = new ArrayList<Object>(List.of("compare", "--reference", real));
    all.addAll(List.of(words));
    return Cli.run(all.toArray());
  }

  @Test
  void printsATableACut() {
    Cli run = compare(close, far, none, "--threshold", "0.1", "--top", "2");
    assertEquals(0, run.code(), run.err());
    // Above 0.1 the reference has three heads; close finds two of them, far one and a wrong one.
    assertTrue(run.out().contains("""
        above 0.1  of reference  heads  common  recall  precision  jaccard     f1
        close                 3      2       2   0.667      1.000    0.667  0.800
        far                   3      2       1   0.333      0.500    0.250  0.400
        none                  3      0       0   0.000        n/a    0.000  0.000
        """), run.out());
    assertTrue(run.out().contains("top 2"), run.out());
    assertTrue(run.out().contains("none            1     n/a      n/a       n/a      n/a"), run.out());
  }

  @Test
  void writesJsonWithNullWhereUndefined() {
    Path out = folder.resolve("out/compare.json");
    assertEquals(0, compare(close, none, "--top", "0", "--out", out).code());
    var json = Json.readFile(out);
    assertEquals(1, json.at("/reference/trials").asInt());
    assertEquals(real.toString(), json.at("/configuration/reference").asText());
    var files = json.get("files");
    // (0.72 + 0.2 + 0.01 + 0.0025) / sqrt(1.1025) / sqrt(0.805)
    assertEquals(0.9325 / Math.sqrt(1.1025 * 0.805), files.get(0).get("cosine").asDouble(), 1e-12);
    assertEquals(2 / 3.0, files.get(0).get("recall@0.1").asDouble(), 1e-12);
    assertEquals(2, files.get(0).at("/heads@0.1/common").asInt());
    assertTrue(files.get(1).get("cosine").isNull());
  }

  @Test
  void correlatesWithTaskScores() throws IOException {
    Path table = Files.writeString(folder.resolve("eval.csv"),
        "variant,f1,\"em, strict\"\nclose,0.7,1\n\"far\",0.2,1\nreal.json,0.8,1\n");
    Cli run = compare(close, far, real, "--scores", table, "--top", "0", "--json");
    assertEquals(0, run.code(), run.err());
    var first = Json.parse(run.out(), "out").get("correlations").get(0);
    assertEquals("cosine", first.get("similarity").asText());
    assertEquals(1, first.at("/spearman/coefficient").asDouble(), 1e-12);
    assertEquals(2 / 6.0, first.at("/spearman/p").asDouble(), 1e-12);
    assertTrue(first.at("/spearman/exact").asBoolean());
    Cli lines = compare(close, far, real, "--scores", table, "--top", "0");
    assertTrue(lines.out().contains("against em, strict"), lines.out());
    assertTrue(lines.out().contains("cosine: no correlation, the task score is the same for every file"), lines.out());
    assertTrue(lines.out().contains("N = 3, few") && lines.out().contains("recall@0 "), lines.out());
    assertFalse(lines.out().contains("precision@"), lines.out());
  }

  @Test
  void writesCsvWithTheTaskScores() throws IOException {
    Path table = Files.writeString(folder.resolve("eval.csv"), "variant,f1\nclose,0.7\nfar,0.2\nnone,0\n");
    Path out = folder.resolve("compare.csv");
    assertEquals(0, compare(close, far, none, "--scores", table, "--threshold", "0.1", "--top", "0", "--out", out)
        .code());
    var lines = Files.readAllLines(out);
    assertEquals("file,trials,cosine,pearson,spearman,kendall,recall@0.1,precision@0.1,jaccard@0.1,f1@0.1,f1",
        lines.get(0));
    assertEquals("none,1,,,,,0.0,,0.0,0.0,0.0", lines.get(3));
  }

  @Test
  void poolsQueryHeadsForATableOfKeyValueHeads() throws IOException {
    Path gates = Files.writeString(folder.resolve("full_attention_heads.tsv"), "1.0\n-0.0001\n");
    Cli refused = compare(gates);
    assertEquals(1, refused.code());
    assertTrue(refused.err().contains("Expected 2 layers of 2 heads, as the reference has, but found 2 of 1"),
        refused.err());
    Cli noted = compare(gates, "--key-value-heads", "1", "--top", "0");
    assertTrue(noted.out().contains("note: another detector for full_attention_heads: duo-attention"), noted.out());
    Cli pooled = compare(gates, "--key-value-heads", "1", "--threshold", "0.1", "--top", "0", "--json");
    assertEquals(0, pooled.code(), pooled.err());
    var file = Json.parse(pooled.out(), "out").get("files").get(0);
    assertEquals("duo-attention", file.get("detector").asText());
    assertEquals(0.9 / Math.sqrt(0.81 + 0.04), file.get("cosine").asDouble(), 1e-12);
  }

  @Test
  void wrongWordsAreExitTwo() {
    assertEquals(2, compare(close, "--top", "-1").code());
    assertEquals(2, compare(close, "--threshold", "NaN").code());
    assertEquals(2, compare(close, "--out", folder.resolve("x.txt")).code());
    assertEquals(2, compare(close, far, "--scores", folder.resolve("eval.csv")).code());
    assertEquals(2, compare(close, "--key-value-heads", "0").code());
    assertEquals(2, compare(close, "--pool", "sum").code());
    assertEquals(2, compare().code());
  }

  @Test
  void brokenFilesAreNamed() throws IOException {
    Path table = Files.writeString(folder.resolve("eval.csv"), "variant,f1\nclose,0.7\nfar,x\n");
    Cli words = compare(close, far, none, "--scores", table, "--top", "0");
    assertTrue(words.err().contains("eval.csv, line 3, f1: expected a number but found \"x\""), words.err());
    Cli constant = Cli.run("compare", "--reference", none, close, "--top", "0");
    assertEquals(1, constant.code());
    assertTrue(constant.err().contains("none.json: Expected reference scores that tell heads apart"), constant.err());
    Cli many = compare(close, "--top", "4");
    assertTrue(many.err().contains("fewer highest heads than the 4"), many.err());
    assertFalse(Files.exists(folder.resolve("x.txt")));
  }
}
