package dev.lodestone.synth;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lodestone.data.ChatTemplate;
import dev.lodestone.data.PromptBuilder;
import dev.lodestone.data.PromptTemplate;
import dev.lodestone.data.QaPrompt.Document;
import dev.lodestone.data.Sample;
import dev.lodestone.synth.world.Passage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/** One question's prompt over any number of documents. */
final class DocumentLayout {
  private final String id;
  private final String task;
  private final Problem problem;
  private final PromptTemplate template;
  private final ChatTemplate chat;

  DocumentLayout(String id, String task, Problem problem, PromptTemplate template, ChatTemplate chat) {
    this.id = id;
    this.task = task;
    this.problem = problem;
    this.template = template;
    this.chat = chat;
  }

  /** About how long the prompt is with the needles alone. */
  long estimate(Budget budget) {
    long sum = budget.estimate(render(List.of(), problem.withNeedles(List.of()), new int[0]).prompt());
    for (var needle : problem.needles()) {
      sum += estimate(budget, needle, 1);
    }
    return sum;
  }

  /** About how much a document adds. */
  int estimate(Budget budget, Passage passage, int number) {
    return budget.estimate(template.shown(number, document(passage)));
  }

  /** The prompt with these documents beside the needles. */
  Sample render(List<Passage> others, DocumentTask.Places places) {
    var needleAt = new int[problem.needles().size()];
    return render(merge(others, places, needleAt), problem, needleAt);
  }

  /** @param needleAt places of the needles among the passages, in the order of the problem's */
  private Sample render(List<Passage> passages, Problem problem, int[] needleAt) {
    var needleOf = new int[passages.size()]; // the needle that stands there, from 1
    for (int n = 0; n < needleAt.length; n++) {
      needleOf[needleAt[n]] = n + 1;
    }
    var prompt = template.fill(problem.topic(), problem.question(), passages.stream().map(this::document).toList(),
        (out, i, start, text) -> {
          if (needleOf[i] > 0) {
            mark(out, start, text, passages.get(i), needleOf[i]);
          } else {
            out.mark("distractor:" + (i + 1), start, out.position());
          }
        });
    var meta = problem.meta().deepCopy();
    if (!problem.facts().isEmpty()) {
      var facts = meta.putArray("facts");
      problem.facts().forEach(
          f -> facts.addArray().add(f.subject().name()).add(f.relation().id()).add(f.object().name()));
    }
    Arrays.stream(needleAt).forEach(meta.putArray(task.equals("musique") ? "supports" : "gold")::add);
    return chat.wrap(prompt.build(id, task, problem.cites() ? List.of(cite(needleAt, meta)) : problem.answers(), meta));
  }

  private void mark(PromptBuilder out, int start, int text, Passage needle, int number) {
    out.mark("needle", start, out.position());
    if (problem.needles().size() > 1 && !problem.cites()) {
      out.mark("hop:" + number, start, out.position());
    }
    needle.spans().forEach(s -> out.mark(s.name(), text + s.start(), text + s.end()));
    if (needle.spans().isEmpty()) { // a real one: where the answer stands has to be looked for
      out.markAnswers(problem.answers(), start);
    }
  }

  private Document document(Passage passage) {
    return new Document(passage.title(), passage.text(), false);
  }

  /** The numbers of the documents, from 1, rising: {@code [2][5]}. */
  private static String cite(int[] places, ObjectNode meta) {
    var numbers = meta.putArray("citations");
    var text = new StringBuilder();
    Arrays.stream(places).sorted().forEach(at -> {
      numbers.add(at + 1);
      text.append('[').append(at + 1).append(']');
    });
    return text.toString();
  }

  /** Needles and other documents in their order; fills in the places of the needles, from 0. */
  private List<Passage> merge(List<Passage> others, DocumentTask.Places places, int[] needleAt) {
    List<Integer> needles = new ArrayList<>();
    for (int n = 0; n < needleAt.length; n++) {
      needles.add(n);
    }
    needles.sort(Comparator.comparingInt(n -> places.before(n, others.size())));
    List<Passage> merged = new ArrayList<>(others.size() + needles.size());
    int other = 0;
    for (int n : needles) {
      int before = places.before(n, others.size());
      merged.addAll(others.subList(other, before));
      other = before;
      needleAt[n] = merged.size();
      merged.add(problem.needles().get(n));
    }
    merged.addAll(others.subList(other, others.size()));
    return merged;
  }
}
