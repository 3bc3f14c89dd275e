package dev.lodestone.data;

import dev.lodestone.LodestoneException;
import dev.lodestone.data.QaPrompt.Style;
import dev.lodestone.data.Samples.Format;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;

/** What a record of a file is, and the text samples it gives. */
enum RecordKind {
  TOKENS(Format.LODESTONE, "tokens"),
  TEXT(Format.LODESTONE, "prompt"),
  MDQA(Format.MDQA, "ctxs"),
  KV(Format.KV, "ordered_kv_records"),
  MUSIQUE(Format.MUSIQUE, "paragraphs"),
  HOTPOT(Format.HOTPOT, "supporting_facts"),
  SUMMHAY(Format.SUMMHAY, "subtopics");

  /** How the file of such a record is read on. */
  final Format format;
  private final String mark; // the field that no other kind has

  RecordKind(Format format, String mark) {
    this.format = format;
    this.mark = mark;
  }

  /** By the fields of the record, among the kinds of the format. */
  static RecordKind of(Fields record, Format format) {
    var kinds = Stream.of(values()).filter(k -> format == Format.AUTO || k.format == format).toList();
    return kinds.size() == 1 ? kinds.get(0) : kinds.stream().filter(k -> record.has(k.mark)).findFirst()
        .orElseThrow(() -> unknown(record, kinds));
  }

  private static LodestoneException unknown(Fields record, List<RecordKind> kinds) {
    var found = record.node().properties().stream().limit(5).map(p -> "\"" + p.getKey() + "\"").toList();
    return new LodestoneException(record.where() + ": expected a sample with one of the fields "
        + String.join(", ", kinds.stream().map(k -> "\"" + k.mark + "\"").toList()) + " but found "
        + (found.isEmpty() ? "none" : "only " + String.join(", ", found)) + ".");
  }

  /**
   * The record's samples, rendered as they are asked for.
   *
   * @param index of the record, from 0; names samples that have no id
   * @param template null for the published prompt
   */
  Iterator<Sample> texts(Fields record, int index, PromptTemplate template) {
    var qa = template == null ? Style.PLAIN.template() : template;
    return switch (this) {
      case TEXT -> one(SampleLine.text(record, index));
      case MDQA -> one(MdqaRecord.of(record).render("mdqa-" + index, qa));
      case KV -> one(KeyValueRecord.of(record).render("kv-" + index, false));
      case MUSIQUE -> one(MusiqueRecord.of(record, index).render(qa));
      case HOTPOT -> one(HotpotRecord.of(record, index).render(qa));
      case SUMMHAY -> {
        var topic = SummHayTopic.of(record);
        var cite = template == null ? SummHayPrompt.CITATION : template;
        yield topic.subtopics().stream().flatMap(s -> s.insights().stream()).toList().stream()
            .map(insight -> SummHayPrompt.render(topic, insight, cite)).iterator();
      }
      case TOKENS -> throw new IllegalStateException("tokens are not text");
    };
  }

  /** Whether its prompt can be another one. */
  boolean takesTemplate() {
    return this == MDQA || this == MUSIQUE || this == HOTPOT || this == SUMMHAY;
  }

  private static Iterator<Sample> one(Sample sample) {
    return List.of(sample).iterator();
  }
}
