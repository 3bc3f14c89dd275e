package dev.lodestone.synth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.LodestoneException;
import dev.lodestone.data.ChatTemplate;
import dev.lodestone.data.MdqaRecord;
import dev.lodestone.data.QaPrompt.Document;
import dev.lodestone.data.QaPrompt.Style;
import dev.lodestone.data.SharedFiles;
import dev.lodestone.synth.world.Relations;
import dev.lodestone.synth.world.Split;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class DocumentTaskTest {
  /** Three questions, five distractors each; one distractor of the first holds the second's answer. */
  private static List<MdqaRecord> records() {
    List<MdqaRecord> records = new ArrayList<>();
    for (int r = 0; r < 3; r++) {
      List<Document> documents = new ArrayList<>();
      for (int d = 0; d < 5; d++) {
        var text = r == 0 && d == 4 ? "the answer-1 itself" : "text " + r + d;
        documents.add(new Document("title " + r + d, text, false));
      }
      documents.add(2, new Document("gold " + r, "here stands Answer-" + r + " for all", true));
      records.add(new MdqaRecord("question " + r, List.of("Answer-" + r), documents));
    }
    return records;
  }

  private static DocumentTask task(int documents, int length, List<Integer> positions) {
    return task(records(), documents, length == 0 ? Budget.none() : Budget.characters(length), positions, 3);
  }

  private static DocumentTask task(List<MdqaRecord> records, int documents, Budget budget, List<Integer> positions,
      int depths) {
    var relations = Relations.builtin();
    var scenes = new Scene.Options(relations, Split.ALL, Set.of(), Scene.Expressions.templated(relations), false);
    var recipe = new DocumentTasks.Recipe("mdqa", Needle.REAL, Haystack.REAL, false, List.of(2), 8, 1,
        new WorldProblems.Options(scenes, 0, 0),
        new DocumentTask.Options(documents, positions, depths, ChatTemplate.NONE, 0));
    return DocumentTasks.create(recipe, () -> RealProblems.mdqa(records), Style.PLAIN.template(), budget);
  }

  @Test
  void keepsTheFirstDistractorsAndPutsTheGoldWhereAsked() {
    var task = task(4, 0, List.of(0, 3));
    var first = task.sample(0);
    assertTrue(first.prompt().contains("Document [1](Title: gold 0)"));
    var last = task.sample(1);
    assertTrue(last.prompt().contains("Document [3](Title: title 02) text 02\nDocument [4](Title: gold 0) here"),
        last.prompt());
    assertTrue(task.sample(2).prompt().contains("Document [1](Title: gold 1)"), "the next record after all places");
    assertEquals("Answer-0", last.text(last.spans("answer").findFirst().orElseThrow()));
    assertEquals(0, last.meta().get("borrowed").asInt());
    assertEquals(task.sample(0).prompt(), task.sample(6).prompt(), "records repeat");
  }

  @Test
  void borrowsPassagesWithoutTheAnswer() {
    // Record 1 has 5 of its own; of the 10 of the others one holds its answer.
    var sample = task(14, 0, List.of()).sample(1);
    assertEquals(8, sample.meta().get("borrowed").asInt());
    assertEquals(1, sample.spans("answer").count());
    assertTrue(!sample.prompt().contains("the answer-1 itself"), "that passage holds the answer");
    assertEquals(14, IntStream.rangeClosed(1, 14).filter(i -> sample.prompt().contains("Document [" + i + "]("))
        .count());
    var e = assertThrows(LodestoneException.class, () -> task(16, 0, List.of()).sample(1));
    assertTrue(e.getMessage().contains("found 14"), e.getMessage());
  }

  @Test
  void withoutPositionsEverySampleAsksAnewAndDepthsAreEven() {
    var task = task(5, 0, List.of());
    int[] firsts = new int[3];
    for (int place : new int[] {1, 3, 5}) {
      int times = 0;
      for (int i = 0; i < 30; i++) {
        var sample = task.sample(i);
        assertEquals(List.of("Answer-" + i % 3), sample.answers(), "the records in turn");
        if (sample.prompt().contains("Document [" + place + "](Title: gold")) {
          times++;
          firsts[i % 3] |= 1 << place;
        }
      }
      assertEquals(10, times, "gold at " + place);
    }
    assertTrue(Integer.bitCount(firsts[0]) > 1, "a record that comes again stands elsewhere");
  }

  @Test
  void fillsALength() {
    for (int length : new int[] {260, 400, 600}) {
      for (var sample : task(0, length, List.of()).stream(9).toList()) {
        assertTrue(sample.prompt().length() <= length, sample.prompt());
        assertTrue(sample.prompt().length() + 50 > length, sample.prompt().length() + " of " + length);
      }
    }
    assertThrows(LodestoneException.class, () -> task(0, 50, List.of()).sample(0));
    assertThrows(LodestoneException.class, () -> task(4, 50, List.of()).sample(0));
    assertThrows(LodestoneException.class, () -> task(4, 0, List.of(4)).sample(0));
    assertThrows(LodestoneException.class, () -> task(0, 0, List.of()));
    assertThrows(LodestoneException.class, () -> task(List.of(), 1, Budget.none(), List.of(), 1));
  }

  /** The published files of 10 documents follow from those of 20, if they are there. */
  @Test
  void packsTwentyDocumentsIntoThePublishedTen() {
    var folder = SharedFiles.get("data/nq-open-20_total_documents_gold_at_9.jsonl.gz").getParent();
    var twenty = MdqaRecord.read(folder.resolve("nq-open-20_total_documents_gold_at_9.jsonl.gz"));
    var ten = MdqaRecord.read(folder.resolve("nq-open-10_total_documents_gold_at_4.jsonl.gz"));
    var task = task(twenty, 10, Budget.none(), List.of(4), 1);
    assertEquals(twenty.size(), ten.size());
    for (int i = 0; i < ten.size(); i++) {
      assertEquals(ten.get(i).render("x", Style.PLAIN).prompt(), task.sample(i).prompt(), "record " + i);
    }
  }
}
