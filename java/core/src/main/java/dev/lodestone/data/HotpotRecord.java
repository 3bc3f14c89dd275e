package dev.lodestone.data;

import dev.lodestone.data.QaPrompt.Document;
import dev.lodestone.io.Json;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * A line of HotpotQA (Yang et al. 2018) or 2WikiMultihopQA (Ho et al. 2020): a question over paragraphs of several
 * articles.
 *
 * @param type such as {@code bridge}, {@code comparison}, {@code compositional}; empty if not said
 * @param facts the sentences that the answer follows from
 * @param evidences 2WikiMultihopQA's triples, in the order of reasoning; empty in HotpotQA
 */
public record HotpotRecord(String id, String type, String question, String answer, List<Paragraph> paragraphs,
    List<Fact> facts, List<Triple> evidences) {
  /** A paragraph; {@code supporting} if a fact names its title. The sentences keep the blanks between them. */
  public record Paragraph(String title, List<String> sentences, boolean supporting) {}

  /** A sentence of a paragraph, from 0; the published data hold a few numbers beyond the paragraph's end. */
  public record Fact(String title, int sentence) {}

  /** Such as (The Serpent's Egg, director, Ingmar Bergman). */
  public record Triple(String subject, String relation, String object) {}

  public HotpotRecord {
    paragraphs = List.copyOf(paragraphs);
    facts = List.copyOf(facts);
    evidences = List.copyOf(evidences);
  }

  /** The records of a file of such lines, gzip or plain; no id may come twice. */
  public static List<HotpotRecord> read(Path file) {
    return Fields.readLines(file, HotpotRecord::of, HotpotRecord::id);
  }

  static HotpotRecord of(Fields line, int index) {
    List<Fact> facts = new ArrayList<>();
    Set<String> supporting = new HashSet<>();
    for (var fact : line.tuples("supporting_facts", 2)) {
      facts.add(new Fact(fact.text(0), fact.integer(1)));
      supporting.add(fact.text(0));
    }
    List<Paragraph> paragraphs = new ArrayList<>();
    for (var paragraph : line.tuples("context", 2)) {
      var title = paragraph.text(0);
      paragraphs.add(new Paragraph(title, paragraph.texts(1), supporting.contains(title)));
    }
    var titles = paragraphs.stream().map(Paragraph::title).toList();
    for (int i = 0; i < facts.size(); i++) {
      if (!titles.contains(facts.get(i).title())) {
        throw line.bad("supporting_facts[" + i + "]", "a title of the context", facts.get(i).title());
      }
    }
    List<Triple> evidences = new ArrayList<>();
    if (line.has("evidences")) {
      line.tuples("evidences", 3).forEach(t -> evidences.add(new Triple(t.text(0), t.text(1), t.text(2))));
    }
    return new HotpotRecord(line.label("_id", "hotpot-" + index), line.label("type", ""), line.text("question"),
        line.text("answer"), paragraphs, facts, evidences);
  }

  /** The places of the supporting paragraphs, from 0. */
  public int[] supports() {
    return IntStream.range(0, paragraphs.size()).filter(i -> paragraphs.get(i).supporting()).toArray();
  }

  /** Like {@link MusiqueRecord#render}. */
  public Sample render(PromptTemplate template) {
    var documents = paragraphs.stream()
        .map(p -> new Document(p.title(), String.join("", p.sentences()), p.supporting())).toList();
    var meta = Json.mapper().createObjectNode().put("documents", paragraphs.size()).put("type", type);
    var supports = meta.putArray("supports");
    IntStream.of(supports()).forEach(supports::add);
    return QaPrompt.render(id, "hotpot", question, List.of(answer), documents, template, meta);
  }
}
