package dev.lodestone.data;

import dev.lodestone.data.KeyValuePrompt.Pair;
import dev.lodestone.data.QaPrompt.Document;
import dev.lodestone.io.Json;
import java.util.ArrayList;
import java.util.List;

/** Lines of published data sets, rendered as samples. */
final class Originals {
  private Originals() {}

  static Sample mdqa(Fields line, int index) {
    return MdqaRecord.of(line).render("mdqa-" + index, QaPrompt.Style.PLAIN);
  }

  /** Lost in the Middle's key-value lines: {@code ordered_kv_records}, {@code key}, {@code value}. */
  static Sample keyValue(Fields line, int index) {
    List<Pair> pairs = new ArrayList<>();
    int gold = -1;
    var key = line.text("key");
    for (var pair : line.array("ordered_kv_records")) {
      if (!pair.isArray() || pair.size() != 2 || !pair.get(0).isTextual() || !pair.get(1).isTextual()) {
        throw line.bad("ordered_kv_records[" + pairs.size() + "]", "a key and a value", pair);
      }
      gold = pair.get(0).textValue().equals(key) ? pairs.size() : gold;
      pairs.add(new Pair(pair.get(0).textValue(), pair.get(1).textValue()));
    }
    if (gold < 0 || !pairs.get(gold).value().equals(line.text("value"))) {
      throw line.bad("key", "a key of ordered_kv_records that has the value " + line.text("value"), key);
    }
    var meta = Json.mapper().createObjectNode().put("pairs", pairs.size()).put("gold", gold);
    return KeyValuePrompt.render("kv-" + index, pairs, gold, false, meta);
  }

  /**
   * MuSiQue's lines. It has no prompt for language models of its own, so the paragraphs stand in Lost in the Middle's.
   */
  static Sample musique(Fields line, int index) {
    List<Document> documents = new ArrayList<>();
    for (var paragraph : line.objects("paragraphs")) {
      documents.add(new Document(paragraph.text("title"), paragraph.text("paragraph_text"),
          paragraph.flag("is_supporting", false)));
    }
    List<String> answers = new ArrayList<>(List.of(line.text("answer")));
    answers.addAll(line.texts("answer_aliases"));
    var meta = Json.mapper().createObjectNode().put("documents", documents.size())
        .put("answerable", line.flag("answerable", true));
    return QaPrompt.render(line.label("id", "musique-" + index), "musique", line.text("question"), answers, documents,
        QaPrompt.Style.PLAIN, meta);
  }
}
