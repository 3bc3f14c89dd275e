package dev.lodestone.lab.study;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.LodestoneException;
import dev.lodestone.io.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StudyPlanTest {
  @TempDir Path folder;
  private final FakeCommands commands = new FakeCommands();
  private String study;

  @BeforeEach
  void write() throws IOException {
    study = Studies.small(folder);
  }

  private static List<String> kinds(StudyPlan plan) {
    return plan.steps().stream().map(Step::kind).toList();
  }

  private String words(StudyPlan plan, String kind) {
    var step = plan.steps().stream().filter(s -> s.kind().equals(kind)).findFirst().orElseThrow();
    return String.join(" ", new StudyFolder(folder).words(step)).replace(folder.toString(), "")
        .replaceAll("-[0-9a-f]{12}\\b", "");
  }

  @Test
  void aStepComesAfterThoseItReads() {
    var plan = commands.plan(study);
    assertEquals(List.of("generate", "generate", "train", "heads", "eval", "knockout",
        "train", "heads", "eval", "knockout", "compare"), kinds(plan));
    plan.steps().forEach(step -> step.inputs().forEach(input ->
        assertTrue(plan.steps().indexOf(input) < plan.steps().indexOf(step), step.toString())));
  }

  @Test
  void aStepIsTheWordsOfItsCommand() {
    var plan = commands.plan(study);
    assertEquals("generate --needle real --count 5 --task mdqa --out /steps/generate/data.jsonl --seed 1000000",
        words(plan, "generate"));
    assertEquals("train --steps 20 --warmup 5 --mode attention --model /model --data /steps/generate/data.jsonl"
        + " --out /steps/train --seed 0 --keep-last 1", words(plan, "train"));
    assertEquals("heads --model /steps/train/step_00000020 --out /steps/heads/{}.json"
        + " --data /steps/generate/data.jsonl", words(plan, "heads"));
    assertEquals("eval --metric f1 --model /steps/train/step_00000020 --data /steps/generate/data.jsonl"
        + " --out /steps/eval/eval.jsonl --json", words(plan, "eval"));
    assertEquals("knockout --top 2 --model /steps/train/step_00000020 --data /steps/generate/data.jsonl"
        + " --heads /steps/heads/wu-code.json --out /steps/knockout/knockout.json", words(plan, "knockout"));
    assertEquals("compare --top 2,3 --reference /steps/heads/wu-code.json --names mine"
        + " --out /steps/compare/compare.json /steps/heads/wu-code.json", words(plan, "compare"));
  }

  @Test
  void lengthsSeedsDetectorsAndMoreVariantsMultiply() {
    var plan = commands.plan(study.replace("\"heads\": {}", """
        "heads": {"detector": "wu-code,mass"}, "lengths": [64, 128], "seeds": [0, 1], "patch": {},
        "baseline": ["eval", "heads"]""").replace("\"variants\": {", """
        "variants": {"a": {}, "b": {"seed": 9}, """));
    var kinds = kinds(plan);
    assertEquals(2 * 2 * 4, kinds.stream().filter("train"::equals).count());
    // A set a length for evaluation; of real and a one a seed as well; b has a seed of its own.
    assertEquals(2 * (1 + 2 * 2 + 1), kinds.stream().filter("generate"::equals).count());
    assertEquals(2 * (2 * 4 + 1), kinds.stream().filter("heads"::equals).count());
    assertEquals(2 * 2 * 3, kinds.stream().filter("patch"::equals).count());
    assertEquals(2 * 2 * 2 * 2, kinds.stream().filter("compare"::equals).count()); // variants, and the model as it is
    assertEquals(2 * 2, kinds.stream().filter("scores"::equals).count()); // three variants can correlate
    assertTrue(words(plan, "train").contains("--context-length 64"));
    assertTrue(words(plan, "generate").contains("--context-length 64 --tokenizer /model"));
    assertTrue(words(plan, "compare").contains("--names a,b,mine"));
    assertTrue(words(plan, "compare").contains("--scores /steps/scores/scores.csv /steps/heads/wu-code.json"));
  }

  @Test
  void aTaskSaysMoreThanTheStudyAndAVariantMoreThanATask() {
    var plan = commands.plan(study.replace("\"mdqa\": {", """
        "other": {"task": "niah", "evaluation": {"data": "%s/mine.jsonl"}, "train": {"steps": 3},
          "generate": {"count": 8}, "variants": {"real": {"count": 9}, "third": {"haystack": "real"}}}, "mdqa": {"""
        .formatted(folder)));
    assertEquals("generate --count 9 --needle real --task niah --out /steps/generate/data.jsonl --seed 0",
        words(plan, "generate"));
    assertTrue(words(plan, "train").contains("--steps 3 --warmup 5"));
    assertEquals(List.of("real", "mine", "third", "real", "mine"), plan.steps().stream()
        .filter(step -> step.kind().equals("train")).map(step -> step.labels().get("variant")).toList());
  }

  @Test
  void aKeyIsWhatIsDoneWithWhichContent() throws IOException {
    var before = key(study, "eval");
    assertEquals(before, key(Studies.renamed(study), "eval"), "a name changes nothing");
    assertEquals(before, key(study.replace("\"top\": 2}", "\"top\": 3}"), "eval"), "nor what comes later");
    assertNotEquals(before, key(study.replace("\"f1\"", "\"squad_f1\""), "eval"));
    assertNotEquals(before, key(study.replace("\"count\": 7", "\"count\": 8"), "eval"));
    Files.move(folder.resolve("model"), folder.resolve("moved"));
    assertEquals(before, key(study.replace("/model\"", "/moved\""), "eval"), "nor a place");
    Files.writeString(folder.resolve("moved/config.json"), "{ }");
    assertNotEquals(before, key(study.replace("/model\"", "/moved\""), "eval"), "but content does");
  }

  private String key(String text, String kind) {
    var plan = commands.plan(text);
    return new StudyFolder(folder).key(plan.steps().stream().filter(s -> s.kind().equals(kind)).findFirst()
        .orElseThrow());
  }

  @Test
  void shortRunsTakeAShareOfTheStepsAndLeaveInterventionsOut() {
    var json = study.replace("\"heads\"", "\"rank\": {\"share\": 0.25, \"train\": {\"lr\": 0.1}}, \"heads\"");
    var plan = StudyPlan.early(Json.parse(json, "s"), "s", commands);
    assertTrue(words(plan, "train").startsWith("train --steps 5 --warmup 2 --mode attention --lr 0.1 "));
    assertFalse(kinds(plan).contains("knockout"));
    assertEquals(words(commands.plan(json), "generate"), words(plan, "generate"));
  }

  @Test
  void whatIsWrongIsSaidWithItsPlace() {
    assertWrong("study.yaml: trian: unknown key; expected models,", "\"train\"", "\"trian\"");
    assertWrong("study.yaml: train.steps: expected how long to train", "\"steps\": 20, ", "");
    assertWrong("study.yaml: train.steps: expected whole numbers of 1 or more but found 'many'", "20", "\"many\"");
    assertWrong("study.yaml: train.data: the study sets this itself", "\"mode\": \"attention\"", "\"data\": \"x\"");
    assertWrong("study.yaml: variants.mine.data: expected a file or folder but there is no nowhere",
        folder + "/mine.jsonl", "nowhere");
    assertWrong("study.yaml: variants.mine.count: unknown key; expected data", "\"mine\": {",
        "\"mine\": {\"count\": 3,");
    assertWrong("study.yaml: variants.real.needle: expected a value or a list of values",
        "\"needle\": \"real\"}, \"mine", "\"needle\": {}}, \"mine");
    assertWrong("study.yaml: reference: expected one of [real, mine] but found 'reel'", "\"real\",\n", "\"reel\",\n");
    assertWrong("study.yaml: tasks.mdqa.heads: expected options such as {detector: wu-code}, for compare",
        "\"heads\": {}, ", "");
    assertWrong("study.yaml: heads.detector: Expected a detector", "\"heads\": {}", "\"heads\": {\"detector\": \"x\"}");
    assertWrong("study.yaml: variants.a,b: expected a name of letters", "\"mine\"", "\"a,b\"");
    assertWrong("study.yaml: models: expected at least one", "{\"tiny\": \"" + folder + "/model\"}", "{}");
    assertWrong("study.yaml: tasks: expected keys with values but found [1]", "{\"mdqa\": {\"evaluation\":"
        + " {\"needle\": \"real\", \"count\": 5}}}", "[1]");
    assertWrong("study.yaml: tasks.mdqa.evaluation: expected the samples of eval", "{\"evaluation\": {\"needle\":"
        + " \"real\", \"count\": 5}}", "{}");
  }

  private void assertWrong(String sentence, String what, String with) {
    assertTrue(study.contains(what), what);
    var e = assertThrows(LodestoneException.class, () -> commands.plan(study.replace(what, with)));
    assertTrue(e.getMessage().startsWith(sentence), e.getMessage());
  }
}
