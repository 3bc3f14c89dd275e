package dev.lodestone.synth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.data.ChatTemplate;
import dev.lodestone.data.MdqaRecord;
import dev.lodestone.data.QaPrompt.Document;
import dev.lodestone.data.QaPrompt.Style;
import dev.lodestone.data.Rows;
import dev.lodestone.data.Sample;
import dev.lodestone.data.SampleEncoder;
import dev.lodestone.data.SharedFiles;
import dev.lodestone.data.SpanCheck;
import dev.lodestone.data.TokenSample;
import dev.lodestone.synth.world.Relations;
import dev.lodestone.synth.world.Split;
import dev.lodestone.text.SentencePieceTokenizer;
import dev.lodestone.text.TokenCounter;
import dev.lodestone.text.Tokenizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * Every span of every task over documents, on both axes, gives its text when its tokens are decoded: alone, in a chat
 * template, packed. {@code -Dlodestone.samples=1000} makes it a thousand samples of each instead of a few.
 */
class DocumentSpansTest {
  private static final int SAMPLES = Integer.getInteger("lodestone.samples", 6);
  private static final int LENGTH = 6000; // a real article of SummHay takes up to 4,000 tokens of a small vocabulary

  private static void check(Tokenizer tokenizer, Generator generator) {
    var check = new SpanCheck(tokenizer);
    var encoder = new SampleEncoder(tokenizer, false);
    List<Sample> texts = new ArrayList<>();
    List<TokenSample> rows = new ArrayList<>();
    for (int i = 0; i < SAMPLES; i++) {
      var text = generator.sample(i);
      var row = encoder.encode(text);
      assertEquals(List.of(), check.check(row));
      assertTrue(row.tokens().length <= LENGTH, row.tokens().length + " tokens");
      assertEquals(text.meta().get("tokens").asInt(), row.tokens().length);
      texts.add(text);
      rows.add(row);
      if (rows.size() == 3) {
        assertEquals(List.of(), check.check(Rows.pack("row", rows), texts));
        texts.clear();
        rows.clear();
      }
    }
  }

  private static void checkGrid(Tokenizer tokenizer) {
    var budget = Budget.tokens(new TokenCounter(tokenizer), LENGTH);
    for (var chat : List.of(ChatTemplate.NONE, ChatTemplate.parse("chatml"))) {
      DocumentTasksTest.grid().map(a -> a.get()).forEach(cell -> check(tokenizer, new DocumentTasksTest.Setup(
          (String) cell[0], (Needle) cell[1], (Haystack) cell[2], budget, chat).make()));
      check(tokenizer, unicode(budget, chat));
    }
  }

  /** Combining marks, emoji of several code points, writing from right to left. */
  private static Generator unicode(Budget budget, ChatTemplate chat) {
    List<MdqaRecord> records = new ArrayList<>();
    for (int r = 0; r < 3; r++) {
      List<Document> documents = new ArrayList<>();
      documents.add(new Document("Cafe\u0301 " + r, "\u05e9\u05dc\u05d5\u05dd, the key is re\u0301sume\u0301 " + r
          + " \ud83d\udc69\u200d\ud83d\ude80.", true));
      for (int d = 0; d < 40; d++) {
        documents.add(new Document("\u0645\u0641\u062a\u0627\u062d " + d, "A\u00a0narrow\u202fblank \u2014 "
            + "\ud83d\udc4b\ud83c\udffd nai\u0308ve \u5343\u91cc\u4e4b\u884c " + r + d, false));
      }
      records.add(new MdqaRecord("which re\u0301sume\u0301", List.of("re\u0301sume\u0301 " + r), documents));
    }
    var relations = Relations.builtin();
    var scenes = new Scene.Options(relations, Split.ALL, Set.of(), Scene.Expressions.templated(relations), false);
    var recipe = new DocumentTasks.Recipe("mdqa", Needle.REAL, Haystack.REAL, false, List.of(2), 8, 1,
        new WorldProblems.Options(scenes, 0, 0), new DocumentTask.Options(20, List.of(), 5, chat, 0));
    return DocumentTasks.create(recipe, () -> RealProblems.mdqa(records), Style.PLAIN.template(), budget);
  }

  @Test
  void aRealByteLevelTokenizer() {
    try (var tokenizer = Tokenizer.load(SharedFiles.get("models/smollm2-135m-instruct"))) {
      checkGrid(tokenizer);
    }
  }

  @Test
  void sentencePiece() {
    var book = String.join(" ", HaystackText.builtin().sentences().subList(0, 400));
    try (var tokenizer = Tokenizer.parse(SentencePieceTokenizer.json(book, 300).toString(), "test")) {
      checkGrid(tokenizer);
    }
  }
}
