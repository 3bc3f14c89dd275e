package dev.lodestone.synth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.data.ChatTemplate;
import dev.lodestone.data.QaPrompt;
import dev.lodestone.synth.world.Relations;
import dev.lodestone.synth.world.Split;
import dev.lodestone.synth.write.FactWriter;
import dev.lodestone.synth.write.Writer;
import dev.lodestone.synth.write.WriterStatistics;
import dev.lodestone.synth.write.WriterStatistics.Count;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class WrittenTest {
  private static final String PADDING = " It was a quiet season and the days went by as they always had.".repeat(4);

  private final WriterStatistics statistics = new WriterStatistics();

  /** A model that says the facts it was given among other words, and what a test makes of that. */
  private DocumentTask task(Haystack haystack, UnaryOperator<String> answers) {
    var writer = new Writer() {
      @Override
      public Answer write(Request request) {
        var facts = request.prompt().lines().filter(l -> l.startsWith("- ")).map(l -> l.substring(2))
            .collect(Collectors.joining(" "));
        return new Answer(answers.apply(facts + PADDING), false);
      }

      @Override
      public String name() {
        return "test";
      }

      @Override
      public void close() {}
    };
    var relations = Relations.builtin();
    var facts = new FactWriter(writer, 2, 1000, 1, statistics);
    var scenes = new Scene.Options(relations, Split.ALL, Set.of(), Scene.Expressions.written(relations, facts), false);
    var recipe = new DocumentTasks.Recipe("musique", Needle.WRITTEN, haystack, false, List.of(2), 8, 5,
        new WorldProblems.Options(scenes, 1, 0), new DocumentTask.Options(7, List.of(), 1, ChatTemplate.NONE, 0));
    return DocumentTasks.create(recipe, () -> DocumentTasksTest.real("musique"), QaPrompt.Style.PLAIN.template(),
        Budget.none());
  }

  @Test
  void documentsAreTheModelsAndSpansExact() {
    var task = task(Haystack.VARIED, text -> text);
    for (var sample : task.stream(10).toList()) {
      assertTrue(sample.prompt().contains("It was a quiet season"));
      assertEquals(sample.answers().get(0), sample.text(sample.spans("answer").findFirst().orElseThrow()));
      assertEquals(2, sample.spans("needle").count());
      assertEquals(1, sample.spans("bridge").count());
    }
    assertEquals(10 * 3 + 5, statistics.get(Count.KEPT), "two needles and a hard negative each; the pool once");
  }

  @Test
  void aQuestionWhoseDocumentWasDroppedIsDrawnAgain() {
    int[] calls = {0};
    var task = task(Haystack.REPEATED, text -> calls[0]++ < 2 ? "I am sorry, I cannot do that." : text);
    assertEquals(2, task.sample(0).spans("needle").count());
    assertEquals(1, statistics.get(Count.DROPPED));
  }

  @Test
  void aModelThatLosesEveryFactIsSaid() {
    var task = task(Haystack.REPEATED, text -> "Nothing of the kind." + PADDING);
    var e = assertThrows(Written.Dropped.class, () -> task.sample(0));
    assertTrue(e.getMessage().contains("try another model"), e.getMessage());
  }
}
