package dev.lodestone.synth;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lodestone.LodestoneException;
import dev.lodestone.data.HotpotRecord;
import dev.lodestone.data.MdqaRecord;
import dev.lodestone.data.MusiqueRecord;
import dev.lodestone.data.SummHayTopic;
import dev.lodestone.io.Json;
import dev.lodestone.synth.world.Passage;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;

/**
 * Questions of real data sets, packed anew. Distractors are the record's own, in their order, as the published files of
 * fewer documents have them. Questions take turns.
 */
public final class RealProblems {
  private RealProblems() {}

  /** Lost in the Middle's questions that have one gold document; the others are left out. */
  public static List<Problem> mdqa(List<MdqaRecord> records) {
    List<Problem> problems = new ArrayList<>();
    for (var record : records) {
      var gold = record.gold();
      if (gold.length == 1 && !record.answers().isEmpty()) {
        List<Passage> passages =
            record.documents().stream().map(d -> new Passage(d.title(), d.text(), List.of())).toList();
        List<Passage> distractors = new ArrayList<>(passages);
        var needle = distractors.remove(gold[0]);
        problems.add(new Problem(null, record.question(), record.answers(),
            List.of(SourceFacts.answer(record.question(), record.answers().get(0))), List.of(needle), distractors, null,
            record(problems.size())));
      }
    }
    return problems;
  }

  /** MuSiQue's questions: needles are the supporting paragraphs in the order of the hops. */
  public static List<Problem> musique(List<MusiqueRecord> records) {
    List<Problem> problems = new ArrayList<>();
    for (var record : records) {
      List<Integer> order = record.decomposition().stream().map(MusiqueRecord.Step::supportIndex)
          .filter(Objects::nonNull).distinct().collect(Collectors.toCollection(ArrayList::new));
      List<Passage> needles = new ArrayList<>();
      List<Passage> distractors = new ArrayList<>();
      for (int i = 0; i < record.paragraphs().size(); i++) {
        var paragraph = record.paragraphs().get(i);
        if (paragraph.supporting() && !order.contains(i)) {
          order.add(i);
        }
        if (!paragraph.supporting()) {
          distractors.add(passage(paragraph));
        }
      }
      order.stream().map(record.paragraphs()::get).filter(MusiqueRecord.Paragraph::supporting)
          .forEach(p -> needles.add(passage(p)));
      var answers = record.answerable() ? record.answers() : List.of(WorldProblems.NO_ANSWER);
      problems.add(new Problem(null, record.question(), answers, SourceFacts.steps(record), needles,
          distractors, null, record(problems.size()).put("source_id", record.id()).put("hops", record.decomposition().size())
              .put("answerable", record.answerable())));
    }
    return problems;
  }

  /** Questions of HotpotQA and 2WikiMultihopQA: needles are the supporting paragraphs. */
  public static List<Problem> hotpot(List<HotpotRecord> records) {
    List<Problem> problems = new ArrayList<>();
    for (var record : records) {
      var sides = record.paragraphs().stream().collect(Collectors.partitioningBy(HotpotRecord.Paragraph::supporting,
          Collectors.mapping(p -> new Passage(p.title(), String.join("", p.sentences()), List.of()),
              Collectors.toList())));
      problems.add(new Problem(null, record.question(), List.of(record.answer()),
          List.of(SourceFacts.answer(record.question(), record.answer())), sides.get(true), sides.get(false), null,
          record(problems.size()).put("source_id", record.id()).put("type", record.type())));
    }
    return problems;
  }

  /** SummHay's insights: needles are the articles that hold one, distractors the topic's other articles. */
  public static List<Problem> summHay(List<SummHayTopic> topics) {
    List<Problem> problems = new ArrayList<>();
    for (var topic : topics) {
      for (var subtopic : topic.subtopics()) {
        for (var insight : subtopic.insights()) {
          var sides = topic.documents().stream().collect(
              Collectors.partitioningBy(d -> d.insightsIncluded().contains(insight.id()),
                  Collectors.mapping(d -> new Passage(d.id(), d.text(), List.of()), Collectors.toList())));
          if (!sides.get(true).isEmpty()) {
            problems.add(new Problem(topic.topic(), insight.text(), List.of(), List.of(), sides.get(true), sides.get(false), null,
                record(problems.size()).put("source_id", insight.id()).put("topic", topic.topic())));
          }
        }
      }
    }
    return problems;
  }

  /** Every passage of the problems, each once: what a real haystack is filled up with. */
  public static List<Passage> passages(List<Problem> problems) {
    return problems.stream().flatMap(p -> p.distractors().stream()).distinct().toList();
  }

  /**
   * The problems in turns.
   *
   * @param own whether a record's own distractors stand first; without them the surroundings are all there is
   */
  public static Problem.Source source(String task, List<Problem> problems, boolean own, Scene.Options scenes) {
    if (problems.isEmpty()) {
      throw new LodestoneException("Expected questions for the task " + task + " but found none in the source.");
    }
    return (number, random) -> {
      var p = problems.get((int) (number % problems.size()));
      return new Problem(p.topic(), p.question(), p.answers(), p.facts(), p.needles(), own ? p.distractors() : List.of(),
          scenes.open(random), p.meta());
    };
  }

  private static Passage passage(MusiqueRecord.Paragraph paragraph) {
    return new Passage(paragraph.title(), paragraph.text(), List.of());
  }

  private static ObjectNode record(int number) {
    return Json.mapper().createObjectNode().put("record", number);
  }
}
