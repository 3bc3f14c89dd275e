package dev.lodestone.synth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.LodestoneException;
import dev.lodestone.data.ChatTemplate;
import dev.lodestone.data.PromptTemplate;
import dev.lodestone.data.QaPrompt;
import dev.lodestone.data.RealSamples;
import dev.lodestone.data.Sample;
import dev.lodestone.data.SummHayPrompt;
import dev.lodestone.synth.world.Relations;
import dev.lodestone.synth.world.Split;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class DocumentTasksTest {
  private static final Relations RELATIONS = Relations.builtin();
  private static final Set<Needle> MADE_HERE = Set.of(Needle.REAL, Needle.TEMPLATED, Needle.SYMBOLIC);

  /** A task with what a test wants to be different. */
  static final class Setup {
    private String task = "mdqa";
    private Needle needle = Needle.TEMPLATED;
    private Haystack haystack = Haystack.VARIED;
    private boolean factsFromSource;
    private List<Integer> hops = List.of(2, 3, 4);
    private int hardNegatives;
    private double unanswerable;
    private Split split = Split.ALL;
    private long seed;
    private Budget budget = Budget.characters(12_000);
    private ChatTemplate chat = ChatTemplate.NONE;

    Setup() {}

    Setup(String task, Needle needle, Haystack haystack, Budget budget, ChatTemplate chat) {
      this.task = task;
      this.needle = needle;
      this.haystack = haystack;
      this.budget = budget;
      this.chat = chat;
    }

    Generator make() {
      var expressions = needle == Needle.SYMBOLIC ? Scene.Expressions.symbolic()
          : Scene.Expressions.templated(RELATIONS);
      var scenes = new Scene.Options(RELATIONS, split, Set.of(), expressions, needle == Needle.SYMBOLIC);
      var recipe = new DocumentTasks.Recipe(task, needle, haystack, factsFromSource, hops, 6, 1,
          new WorldProblems.Options(scenes, hardNegatives, unanswerable),
          new DocumentTask.Options(0, List.of(), 5, chat, seed));
      return DocumentTasks.create(recipe, () -> real(task), template(), budget);
    }

    private PromptTemplate template() {
      return task.equals("summhay") ? SummHayPrompt.CITATION : QaPrompt.Style.PLAIN.template();
    }
  }

  static List<Problem> real(String task) {
    return switch (task) {
      case "mdqa" -> RealProblems.mdqa(RealSamples.mdqa());
      case "musique" -> RealProblems.musique(RealSamples.musique());
      default -> RealProblems.summHay(List.of(RealSamples.summHay()));
    };
  }

  static Stream<Arguments> grid() {
    return DocumentTasks.NAMES.stream().flatMap(task -> MADE_HERE.stream().sorted().flatMap(
        needle -> Stream.of(Haystack.values()).map(haystack -> Arguments.of(task, needle, haystack))));
  }

  @ParameterizedTest
  @MethodSource("grid")
  void everySpanHoldsWhatItsNameSays(String task, Needle needle, Haystack haystack) {
    var setup = new Setup();
    setup.task = task;
    setup.needle = needle;
    setup.haystack = haystack;
    for (var sample : setup.make().stream(20).toList()) {
      assertTrue(sample.prompt().length() <= 12_000, "never over the budget");
      assertTrue(sample.prompt().length() > 12_000 - 9_000, "but near it: " + sample.prompt().length());
      int needles = sample.meta().get(task.equals("musique") ? "supports" : "gold").size();
      assertEquals(needles, sample.spans("needle").count());
      assertEquals(sample.meta().get("documents").asInt(),
          sample.spans().stream().filter(s -> s.name().startsWith("document:")).count());
      assertEquals(sample.meta().get("documents").asInt() - needles,
          sample.spans().stream().filter(s -> s.name().startsWith("distractor:")).count());
      if (task.equals("summhay")) {
        assertEquals(citations(sample), sample.answers());
      } else {
        var lower = sample.answers().stream().map(String::toLowerCase).collect(Collectors.toSet());
        sample.spans("answer").forEach(s -> assertTrue(lower.contains(sample.text(s).toLowerCase()), sample.text(s)));
        assertTrue(needle == Needle.REAL || sample.spans("answer").count() == 1, sample.id());
      }
      assertTrue(sample.prompt().contains(sample.text(sample.spans("query").findFirst().orElseThrow())));
    }
  }

  private static List<String> citations(Sample sample) {
    var text = new StringBuilder();
    for (var span : sample.spans()) {
      boolean needle = sample.spans("needle").anyMatch(n -> n.start() == span.start() && n.end() == span.end());
      if (span.name().startsWith("document:") && needle) {
        text.append('[').append(span.name().substring("document:".length())).append(']');
      }
    }
    return List.of(text.toString());
  }

  @Test
  void theSameSeedGivesTheSameSamplesAndAnotherOneOthers() {
    var setup = new Setup();
    setup.task = "musique";
    var first = setup.make().sample(3).prompt();
    assertEquals(first, setup.make().sample(3).prompt());
    setup.seed = 1;
    assertNotEquals(first, setup.make().sample(3).prompt());
  }

  @Test
  void aChainOfHopsLeadsFromTheQuestionToTheAnswer() {
    var setup = new Setup();
    setup.task = "musique";
    for (int i = 0; i < 30; i++) {
      var sample = setup.make().sample(i);
      int hops = 2 + i % 3;
      assertEquals(hops, sample.meta().get("hops").asInt());
      var facts = sample.meta().get("facts");
      assertTrue(sample.text(sample.spans("query").findFirst().orElseThrow()).contains(facts.get(0).get(0).asText()));
      for (int hop = 1; hop <= hops; hop++) {
        var document = sample.text(sample.spans("hop:" + hop).findFirst().orElseThrow());
        assertTrue(document.contains(facts.get(hop - 1).get(0).asText()), document);
        assertTrue(document.contains(facts.get(hop - 1).get(2).asText()), document);
        assertTrue(hop == hops || facts.get(hop - 1).get(2).equals(facts.get(hop).get(0)), "linked");
      }
      assertEquals(facts.get(hops - 1).get(2).asText(), sample.answers().get(0));
      assertEquals(1, count(sample.prompt(), sample.answers().get(0)), "the answer stands once");
    }
  }

  private static int count(String text, String part) {
    return text.split(java.util.regex.Pattern.quote(part), -1).length - 1;
  }

  @Test
  void hardNegativesShareTheRelationAndNotTheAnswer() {
    var setup = new Setup();
    setup.hardNegatives = 4;
    setup.haystack = Haystack.REPEATED;
    setup.needle = Needle.SYMBOLIC;
    var sample = setup.make().sample(0);
    var relation = sample.text(sample.spans("query").findFirst().orElseThrow()).split(" ")[1];
    assertEquals(4, sample.spans().stream()
        .filter(s -> s.name().startsWith("distractor:") && sample.text(s).contains(" " + relation + " ")).count());
    assertEquals(1, count(sample.prompt(), sample.answers().get(0)));
  }

  @Test
  void unanswerableQuestionsLackTheLastDocument() {
    var setup = new Setup();
    setup.task = "musique";
    setup.unanswerable = 0.5;
    int without = 0;
    for (var sample : setup.make().stream(100).toList()) {
      if (!sample.meta().get("answerable").asBoolean()) {
        without++;
        assertEquals(List.of(WorldProblems.NO_ANSWER), sample.answers());
        var facts = sample.meta().get("facts");
        assertFalse(sample.prompt().contains(facts.get(facts.size() - 1).get(2).asText()));
        assertEquals(0, sample.spans("answer").count());
      }
    }
    assertTrue(without > 30 && without < 70, without + " of 100");
  }

  @Test
  void factsOfTheSourceKeepItsQuestionsAndAnswers() {
    var setup = new Setup();
    setup.task = "musique";
    setup.factsFromSource = true;
    setup.hardNegatives = 2;
    var records = RealSamples.musique();
    for (int i = 0; i < records.size(); i++) {
      var sample = setup.make().sample(i);
      assertEquals(records.get(i).question(), sample.text(sample.spans("query").findFirst().orElseThrow()));
      assertEquals(records.get(i).answers(), sample.answers());
      assertEquals(records.get(i).answer(), sample.text(sample.spans("answer").findFirst().orElseThrow()));
      assertEquals(records.get(i).decomposition().size(), sample.spans("needle").count());
    }
  }

  @Test
  void factsOfTheSourceInSymbolsHoldNoName() {
    var setup = new Setup();
    setup.task = "musique";
    setup.needle = Needle.SYMBOLIC;
    setup.factsFromSource = true;
    var record = RealSamples.musique().get(0);
    var sample = setup.make().sample(0);
    assertFalse(sample.prompt().contains(record.answer()), sample.prompt());
    assertTrue(sample.prompt().contains(sample.answers().get(0)));
    assertEquals(record.decomposition().size(), sample.spans("needle").count());
  }

  @Test
  void splitsShareNoName() {
    var names = new ArrayList<Set<String>>();
    for (var split : List.of(Split.TRAIN, Split.EVAL)) {
      var setup = new Setup();
      setup.split = split;
      var found = new TreeSet<String>();
      setup.make().stream(200).forEach(s -> {
        found.add(s.meta().get("facts").get(0).get(0).asText());
        found.add(s.meta().get("facts").get(0).get(2).asText());
      });
      names.add(found);
    }
    names.get(0).removeIf(name -> name.matches("[0-9]+"));
    assertTrue(names.get(0).stream().noneMatch(names.get(1)::contains));
  }

  @Test
  void whatDoesNotFitIsSaid() {
    var setup = new Setup();
    setup.budget = Budget.characters(300);
    var e = assertThrows(LodestoneException.class, () -> setup.make().sample(0));
    assertTrue(e.getMessage().startsWith("Expected a context length of at least"), e.getMessage());
    setup.budget = Budget.none();
    assertThrows(LodestoneException.class, setup::make);
    setup.hops = List.of(5);
    assertThrows(LodestoneException.class, setup::make);
  }
}
