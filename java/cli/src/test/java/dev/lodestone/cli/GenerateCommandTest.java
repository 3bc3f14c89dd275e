package dev.lodestone.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.data.Sample;
import dev.lodestone.data.Samples;
import dev.lodestone.io.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GenerateCommandTest {
  @TempDir Path folder;

  private Cli generate(Path out, Object... more) {
    var words = new ArrayList<Object>(List.of("generate", "--out", out));
    words.addAll(Arrays.asList(more));
    return Cli.run(words.toArray());
  }

  private static List<Sample> read(Path file) {
    return Samples.readText(file, Samples.Format.LODESTONE);
  }

  @Test
  void needlesFitTheContextLength() throws IOException {
    Path model = TinyModel.write(folder.resolve("model")); // a token a word
    Path out = folder.resolve("n.jsonl.gz");
    Cli run = generate(out, "--task", "niah", "--context-length", "100,200", "--tokenizer", model, "--count", "30");
    assertEquals(0, run.code(), run.err());
    List<Sample> samples = read(out);
    assertEquals(30, samples.size());
    for (Sample sample : samples) {
      int length = sample.meta().get("context_length").asInt();
      assertTrue(sample.prompt().split("\\s+").length <= length);
      String marked = sample.text(sample.spans("answer").findFirst().orElseThrow());
      assertTrue(marked.equalsIgnoreCase(sample.answers().get(0)));
    }
  }

  @Test
  void theSameSeedGivesTheSameBytes() throws IOException {
    Path first = folder.resolve("a.jsonl");
    Path again = folder.resolve("b.jsonl");
    Path other = folder.resolve("c.jsonl");
    generate(first, "--task", "kv", "--pairs", "9", "--count", "4");
    generate(again, "--task", "kv", "--pairs", "9", "--count", "4");
    generate(other, "--task", "kv", "--pairs", "9", "--count", "4", "--seed", "1");
    assertArrayEquals(Files.readAllBytes(first), Files.readAllBytes(again));
    assertNotEquals(Files.readString(first), Files.readString(other));
  }

  @Test
  void everyTaskCanBeShownWithoutASource() {
    for (String line : List.of("mdqa --needle real --documents 5", "musique --needle real --context-characters 30000",
        "summhay --needle real --documents 6", "mdqa --context-characters 9000", "summhay --needle symbolic --documents 40",
        "musique --facts source --haystack real --documents 12")) {
      Path out = folder.resolve("t.jsonl");
      Object[] words = ("--count 3 --task " + line).split(" ");
      Cli run = generate(out, words);
      assertEquals(0, run.code(), line + ": " + run.err());
      assertEquals(3, read(out).size());
    }
  }

  @Test
  void threadsAndShardsDoNotChangeTheBytes() throws IOException {
    String[] words = "--task musique --context-characters 20000 --hard-negatives 2 --count 9".split(" ");
    Path one = folder.resolve("1.jsonl");
    Path two = folder.resolve("2.jsonl");
    Path rest = folder.resolve("3.jsonl");
    assertEquals(0, generate(one, with(words, "--threads", "1")).code());
    assertEquals(0, generate(two, with(words, "--threads", "2")).code());
    assertEquals(0, generate(rest, with(words, "--first", "9")).code());
    assertArrayEquals(Files.readAllBytes(one), Files.readAllBytes(two));
    assertEquals("musique-9", read(rest).get(0).id());
  }

  private static Object[] with(String[] words, String... more) {
    List<Object> all = new ArrayList<>(List.of((Object[]) words));
    all.addAll(List.of(more));
    return all.toArray();
  }

  @Test
  void samplesThatOverlapWithEvaluationDataAreCountedAndLeftOut() {
    Path evaluation = folder.resolve("e.jsonl");
    String[] words = "--task mdqa --needle real --documents 3 --depths 1".split(" ");
    assertEquals(0, generate(evaluation, with(words, "--count", "2")).code());
    Path out = folder.resolve("o.jsonl");
    Cli counted = generate(out, with(words, "--count", "6", "--evaluation", evaluation.toString(), "--json"));
    assertTrue(counted.out().contains("\"overlapping\":2"), counted.out() + counted.err());
    assertEquals(6, read(out).size());
    assertEquals(0, generate(out, with(words, "--count", "6", "--evaluation", evaluation.toString(), "--drop-overlaps")).code());
    assertEquals(4, read(out).size());
    var card = Json.readFile(folder.resolve("o.jsonl.card.json"));
    assertEquals(2, card.at("/contamination/touched").asInt());
    assertTrue(card.at("/sources/0/licence").asText().contains("CC BY-SA"), card.toString());
    assertTrue(Files.exists(folder.resolve("o.jsonl.card.md")));
  }

  @Test
  void theGridIsExplained() {
    Cli run = Cli.run("generate", "--list");
    assertEquals(0, run.code());
    assertTrue(run.out().contains("symbolic"), run.out());
  }

  @Test
  void packsRealQuestionsAnew() throws IOException {
    Path source = Files.writeString(folder.resolve("s.jsonl"), """
        {"question": "who sat", "answers": ["the cat"], "ctxs": [\
        {"title": "A", "text": "Here the cat sat.", "hasanswer": true, "isgold": true}, \
        {"title": "B", "text": "A dog ran.", "hasanswer": false, "isgold": false}, \
        {"title": "C", "text": "It is red.", "hasanswer": false, "isgold": false}]}
        """);
    Path out = folder.resolve("m.jsonl");
    Cli run = generate(out, "--task", "mdqa", "--needle", "real", "--source", source, "--documents", "3", "--gold-positions", "0,2",
        "--count", "2");
    assertEquals(0, run.code(), run.err());
    List<Sample> samples = read(out);
    assertTrue(samples.get(0).text(samples.get(0).spans("document:1").findFirst().orElseThrow()).contains("cat"));
    assertTrue(samples.get(1).text(samples.get(1).spans("document:3").findFirst().orElseThrow()).contains("cat"));
  }

  @Test
  void wrongWordsAreExitTwoAndLeaveNothing() throws IOException {
    Path out = folder.resolve("x.jsonl");
    for (String line : List.of("--task musique", "--task summhay", "--task poem", "--task niah",
        "--task mdqa --documents 3 --needle written", "--task musique --hops 5 --documents 9",
        "--task mdqa --context-characters 100 --context-length 100", "--task mdqa --documents 3 --facts nowhere",
        "--task summhay --facts source --documents 9", "--task mdqa --documents 2 --format hotpot",
        "--task kv", "--task kv --pairs 3 --needle real", "--task kv --pairs 3 --count 0",
        "--task kv --context-length 100", "--task kv --pairs 3 --chat morse")) {
      Object[] words = line.split(" ");
      Cli run = generate(out, words);
      assertEquals(2, run.code(), line + ": " + run.err());
      assertTrue(run.errorLines().size() <= 2, run.err());
      assertFalse(Files.exists(out));
    }
  }

  @Test
  void aSourceThatIsNotThereIsExitOne() {
    assertEquals(1, generate(folder.resolve("x.jsonl"), "--task", "mdqa", "--needle", "real", "--documents", "3", "--source",
        folder.resolve("nowhere.jsonl")).code());
  }

  @Test
  void aBrokenFileIsExitOneAndLeavesNothing() throws IOException {
    Path out = folder.resolve("x.jsonl");
    Path broken = Files.writeString(folder.resolve("broken.jsonl"), "{\"what\": 1}\n");
    for (String line : List.of("--task mdqa --documents 3 --relations", "--task mdqa --documents 3 --prompt-template",
        "--task mdqa --documents 3 --needle real --source", "--task musique --documents 9 --needle real --source",
        "--task niah --context-characters 2000 --needles", "--task mdqa --documents 3 --needle written --writer-dir")) {
      Cli run = generate(out, (Object[]) (line + " " + broken).split(" "));
      assertEquals(1, run.code(), line + ": " + run.err());
      assertTrue(run.err().contains("broken.jsonl"), run.err());
      assertEquals(1, run.errorLines().size(), run.err());
      assertFalse(Files.exists(out));
    }
  }
}
