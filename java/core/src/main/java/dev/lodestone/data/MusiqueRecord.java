package dev.lodestone.data;

import dev.lodestone.data.QaPrompt.Document;
import dev.lodestone.io.Json;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * A line of MuSiQue (Trivedi et al. 2022, arXiv 2108.00573): a question of two to four hops over paragraphs, with the
 * single-hop questions that it was composed of.
 *
 * @param id the hop type and the ids of the single-hop questions, such as {@code 2hop__574419_270105}; MuSiQue-Full has
 *     each twice, answerable and not
 * @param aliases other accepted answers
 * @param answerable whether the paragraphs hold what the question needs
 * @param decomposition the hops in order; empty if the line has none
 */
public record MusiqueRecord(String id, String question, String answer, List<String> aliases, boolean answerable,
    List<Paragraph> paragraphs, List<Step> decomposition) {
  /** Hops of each published type of question. */
  private static final Map<String, Integer> HOPS =
      Map.of("2hop", 2, "3hop1", 3, "3hop2", 3, "4hop1", 4, "4hop2", 4, "4hop3", 4);

  /** A paragraph; {@code supporting} if a hop's answer is taken from it. */
  public record Paragraph(String title, String text, boolean supporting) {}

  /**
   * A hop.
   *
   * @param question refers to earlier answers as {@code #1}, {@code #2}, ..
   * @param supportIndex the paragraph that answers it, from 0; null where it was taken out
   */
  public record Step(String id, String question, String answer, Integer supportIndex) {}

  public MusiqueRecord {
    aliases = List.copyOf(aliases);
    paragraphs = List.copyOf(paragraphs);
    decomposition = List.copyOf(decomposition);
  }

  /** The records of a file of such lines, gzip or plain; no two may be the same question in the same form. */
  public static List<MusiqueRecord> read(Path file) {
    return Fields.readLines(file, MusiqueRecord::of, r -> r.id() + (r.answerable() ? "" : " (unanswerable)"));
  }

  static MusiqueRecord of(Fields line, int index) {
    List<Paragraph> paragraphs = new ArrayList<>();
    for (var paragraph : line.objects("paragraphs")) {
      int place = paragraphs.size();
      if (paragraph.has("idx")) { // decompositions name paragraphs by it
        paragraph.integer("idx", place, place);
      }
      paragraphs.add(new Paragraph(paragraph.text("title"), paragraph.text("paragraph_text"),
          paragraph.flag("is_supporting", false)));
    }
    List<Step> steps = new ArrayList<>();
    for (var step : line.has("question_decomposition") ? line.objects("question_decomposition") : List.<Fields>of()) {
      var support = step.has("paragraph_support_idx")
          ? (Integer) step.integer("paragraph_support_idx", 0, paragraphs.size() - 1) : null;
      steps.add(new Step(step.label("id", ""), step.text("question"), step.text("answer"), support));
    }
    var id = line.label("id", "musique-" + index);
    int hops = HOPS.getOrDefault(id.replaceFirst("__.*", ""), steps.size());
    if (!steps.isEmpty() && steps.size() != hops) {
      throw line.bad("question_decomposition", hops + " steps, as the id " + id + " says,", steps.size());
    }
    return new MusiqueRecord(id, line.text("question"), line.text("answer"), line.texts("answer_aliases"),
        line.flag("answerable", true), paragraphs, steps);
  }

  /** The answer and its aliases. */
  public List<String> answers() {
    List<String> answers = new ArrayList<>(List.of(answer));
    answers.addAll(aliases);
    return answers;
  }

  /** The places of the supporting paragraphs, from 0. */
  public int[] supports() {
    return IntStream.range(0, paragraphs.size()).filter(i -> paragraphs.get(i).supporting()).toArray();
  }

  /** MuSiQue has no prompt for language models of its own; {@link QaPrompt.Style} has those of Lost in the Middle. */
  public Sample render(PromptTemplate template) {
    var documents = paragraphs.stream().map(p -> new Document(p.title(), p.text(), p.supporting())).toList();
    var meta = Json.mapper().createObjectNode().put("documents", paragraphs.size()).put("answerable", answerable);
    var supports = meta.putArray("supports");
    IntStream.of(supports()).forEach(supports::add);
    return QaPrompt.render(id, "musique", question, answers(), documents, template, meta);
  }
}
