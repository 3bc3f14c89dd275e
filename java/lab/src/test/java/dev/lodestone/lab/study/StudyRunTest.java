package dev.lodestone.lab.study;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.LodestoneException;
import dev.lodestone.io.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StudyRunTest {
  private static final int STEPS = 11;

  @TempDir Path folder;
  private final FakeCommands commands = new FakeCommands();
  private String study;

  @BeforeEach
  void write() throws IOException {
    study = Studies.small(folder);
  }

  private StudyFolder results() {
    return new StudyFolder(folder.resolve("out"));
  }

  private StudyRun.Result run(String text, Shard shard) throws IOException {
    return StudyRun.run(commands.plan(text), results(), shard, new StudyListener() {});
  }

  private StudyRun.Result run() throws IOException {
    return run(study, Shard.WHOLE);
  }

  /** The folders of a kind's steps. */
  private List<Path> folders(String kind) throws IOException {
    try (var all = Files.list(folder.resolve("out/steps"))) {
      return all.filter(step -> step.getFileName().toString().startsWith(kind)).toList();
    }
  }

  private static boolean anyHas(List<Path> folders, String file) {
    return folders.stream().anyMatch(step -> Files.exists(step.resolve(file)));
  }

  @Test
  void everyStepIsRunOnce() throws IOException {
    var result = run();
    assertEquals(STEPS, result.ran().size());
    assertTrue(result.left().isEmpty());
    assertEquals(STEPS, commands.calls.size());
    var eval = folders("eval").get(0);
    var step = Json.readFile(eval.resolve("step.json"));
    assertEquals("eval", step.path("kind").asText());
    assertEquals("eval-" + step.path("key").asText().substring(0, 12), eval.getFileName().toString());
    assertEquals("mdqa", step.at("/labels/task").asText());
    assertEquals("eval", step.at("/command/0").asText());
    assertTrue(step.at("/inputs/0").asText().startsWith("train-"), step.toString());
    assertTrue(step.path("seconds").asDouble() >= 0);
    assertEquals("{\"f1\": 0.5}", Files.readString(eval.resolve("eval.json")));
    assertTrue(Files.exists(eval.resolve("DONE")));

    assertTrue(run().ran().isEmpty());
    assertEquals(STEPS, commands.calls.size());
  }

  @Test
  void aChangeRunsWhatDependsOnItAlone() throws IOException {
    run();
    run(study.replace("\"top\": 2}", "\"top\": 1}"), Shard.WHOLE);
    assertEquals(4, commands.count("knockout"));
    assertEquals(STEPS + 2, commands.calls.size());
    Files.writeString(folder.resolve("mine.jsonl"), "{ }");
    run(); // training, heads, eval and knockout of one variant, and the comparison
    assertEquals(STEPS + 2 + 5, commands.calls.size());
  }

  @Test
  void aNewNameIsWrittenIntoWhatIsDone() throws IOException {
    run();
    assertTrue(run(Studies.renamed(study), Shard.WHOLE).ran().isEmpty());
    assertEquals(Set.of("genuine", "mine"), folders("knockout").stream()
        .map(step -> Json.readFile(step.resolve("step.json")).at("/labels/variant").asText())
        .collect(Collectors.toSet()));
  }

  @Test
  void aKilledStepLooksUnfinishedAndIsRunAgain() throws IOException {
    for (var kind : List.of("generate", "train", "heads", "eval", "knockout", "compare")) {
      commands.before = words -> {
        if (words.get(0).equals(kind)) {
          try { // half of its work is on the disk
            Path out = Path.of(words.get(words.indexOf("--out") + 1));
            Files.writeString(kind.equals("train") ? out.resolve("half") : out.resolveSibling("half"), "");
          } catch (IOException e) {
            throw new AssertionError(e);
          }
          throw new StackOverflowError("killed");
        }
      };
      assertThrows(StackOverflowError.class, this::run);
      assertTrue(anyHas(folders(kind), "half"));
      assertFalse(anyHas(folders(kind).stream().filter(f -> Files.exists(f.resolve("half"))).toList(), "DONE"), kind);
    }
    commands.before = words -> {};
    assertTrue(run().left().isEmpty());
    assertEquals(STEPS + 6, commands.calls.size(), "each was begun once, six of them twice");
    assertTrue(anyHas(folders("train"), "half"), "a training goes on");
    for (var kind : List.of("generate", "heads", "eval", "knockout", "compare")) {
      assertFalse(anyHas(folders(kind), "half"), "other steps start over");
    }
    assertTrue(commands.calls.stream().filter(w -> w.get(0).equals("train")).allMatch(w -> w.contains("--resume")));
  }

  @Test
  void whatFailsLeavesWhatNeedsItAndNothingElse() throws IOException {
    commands.before = words -> {
      if (words.get(0).equals("heads") && commands.count("heads") == 1) {
        throw new LodestoneException("none of the 5 trials gave its answer");
      }
    };
    var result = run();
    assertEquals(List.of("none of the 5 trials gave its answer"), List.copyOf(result.failed().values()));
    assertEquals(List.of("heads", "knockout", "compare"), result.left().stream().map(Step::kind).toList());
    commands.before = words -> {};
    assertEquals(3, run().ran().size());
  }

  @Test
  void aCommandThatEndsWithoutItsResultHasFailed() throws IOException {
    commands.lazy = "knockout";
    var result = run();
    assertEquals(2, result.failed().size());
    result.failed().values().forEach(why -> assertTrue(why.contains("knockout.json; was it stopped?"), why));
    assertFalse(anyHas(folders("knockout"), "DONE"));
  }

  @Test
  void shardsTogetherDoEverythingOnce() throws IOException {
    var first = run(study, new Shard(1, 2));
    assertEquals(List.of("train", "heads", "eval", "knockout", "compare"),
        first.left().stream().map(Step::kind).toList());
    var second = run(study, new Shard(2, 2));
    assertTrue(second.left().isEmpty());
    assertEquals(STEPS, first.ran().size() + second.ran().size());
    assertEquals(STEPS, commands.calls.size());
  }

  @Test
  void shardsAtTheSameTimeToo() throws Exception {
    commands.before = words -> {
      try {
        Thread.sleep(20);
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    };
    var threads = Executors.newFixedThreadPool(4);
    var parts = List.of(new Shard(1, 2), new Shard(2, 2), Shard.WHOLE, Shard.WHOLE); // even more than there are
    List<Future<StudyRun.Result>> results = threads.invokeAll(parts.stream()
        .<Callable<StudyRun.Result>>map(part -> () -> run(study, part)).toList());
    int ran = 0;
    for (var result : results) {
      ran += result.get().ran().size();
    }
    threads.shutdown();
    assertEquals(STEPS, ran);
    assertEquals(STEPS, commands.calls.size());
    assertEquals(STEPS, new HashSet<>(commands.calls).size());
  }

  @Test
  void statusCountsAndEstimates() throws IOException {
    run(study, new Shard(1, 2));
    var plan = commands.plan(study);
    var status = StudyStatus.of(plan, results());
    assertEquals(6, status.done());
    assertEquals(5, status.left());
    assertEquals(1, status.unknown()); // compare
    assertEquals(1, status.kinds().get("train").left());
    double each = results().seconds(plan.steps().get(2));
    assertTrue(each > 0 && status.secondsLeft() >= each, "a training more takes as long");
    try (var held = results().lock(plan.steps().get(6)).orElseThrow()) {
      assertEquals(1, StudyStatus.of(plan, results()).kinds().get("train").running());
    }
    assertEquals(0, StudyStatus.of(plan, results()).kinds().get("train").running());
    assertEquals(STEPS, StudyStatus.of(plan, null).left());
  }

  @Test
  void aShardIsAPartOfAll() {
    assertEquals(new Shard(2, 3), Shard.parse("2/3"));
    for (var wrong : List.of("0/2", "3/2", "1", "a/b", "1/2/3", "-1/2")) {
      assertThrows(LodestoneException.class, () -> Shard.parse(wrong), wrong);
    }
  }
}
