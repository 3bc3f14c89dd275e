package dev.lodestone.data;

import dev.lodestone.data.QaPrompt.Document;
import dev.lodestone.io.Json;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A line of Lost in the Middle's multi-document question answering: the gold document among distractors that a
 * retriever found and that do not hold the answer.
 */
public record MdqaRecord(String question, List<String> answers, List<Document> documents) {

  /** The records of a file of such lines, gzip or plain. */
  public static List<MdqaRecord> read(Path file) {
    return Fields.readLines(file, (line, index) -> of(line), null);
  }

  static MdqaRecord of(Fields line) {
    List<Document> documents = new ArrayList<>();
    for (var document : line.objects("ctxs")) {
      documents.add(new Document(document.text("title"), document.text("text"), document.flag("isgold", false)));
    }
    return new MdqaRecord(line.text("question"), line.texts("answers"), documents);
  }

  /** The positions of the gold documents, from 0. */
  public int[] gold() {
    return IntStream.range(0, documents.size()).filter(i -> documents.get(i).gold()).toArray();
  }

  /** As the published prompt puts it. */
  public Sample render(String id, QaPrompt.Style style) {
    return render(id, style.template());
  }

  public Sample render(String id, PromptTemplate template) {
    var meta = Json.mapper().createObjectNode().put("documents", documents.size());
    var gold = meta.putArray("gold");
    IntStream.of(gold()).forEach(gold::add);
    return QaPrompt.render(id, "mdqa", question, answers, documents, template, meta);
  }
}
