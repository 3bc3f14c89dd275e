package dev.lodestone.synth;

import dev.lodestone.data.MusiqueRecord;
import dev.lodestone.synth.world.Entity;
import dev.lodestone.synth.world.EntityType;
import dev.lodestone.synth.world.Fact;
import dev.lodestone.synth.world.Passage;
import dev.lodestone.synth.world.Relation;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The facts of real questions, to be put in made documents: the question stays real while its needle loses realism.
 * MuSiQue's steps are such facts ({@code Port Blair >> country}); of an MDQA question the fact is that this is its
 * answer. The sentences are ours.
 */
final class SourceFacts {
  private SourceFacts() {}

  static Fact answer(String question, String answer) {
    return fact(question, "answer to a question", answer, List.of(
        "The answer to the question \"{subject}\" is {object}.",
        "Asked \"{subject}\", one should say {object}.",
        "To the question \"{subject}\" the right reply is {object}."));
  }

  /** The steps of a question, earlier answers ({@code #1}) put in. */
  static List<Fact> steps(MusiqueRecord record) {
    List<Fact> facts = new ArrayList<>();
    List<String> answers = new ArrayList<>();
    for (var step : record.decomposition()) {
      var text = step.question();
      for (int i = answers.size(); i > 0; i--) {
        text = text.replace("#" + i, answers.get(i - 1));
      }
      var sides = text.split("\\s*>>\\s*", 2);
      answers.add(step.answer());
      facts.add(sides.length < 2 ? answer(text, step.answer()) : fact(sides[0], sides[1], step.answer(), List.of(
          "As for {subject}, its entry under \"" + slotless(sides[1]) + "\" reads {object}.",
          "For {subject}, the record gives {object} as \"" + slotless(sides[1]) + "\".",
          "{subject} is listed with {object} under \"" + slotless(sides[1]) + "\".")));
    }
    return facts;
  }

  private static Fact fact(String subject, String relation, String object, List<String> statements) {
    return new Fact(new Entity(EntityType.WORK, subject), // of which kind it is does not matter here
        new Relation(relation, EntityType.WORK, EntityType.WORK, statements, List.of("{subject}"), List.of("{subject}")),
        new Entity(EntityType.WORK, object));
  }

  private static String slotless(String text) {
    return text.replace('{', '(').replace('}', ')');
  }

  /**
   * Real questions in turns, a made document for each of their facts; hard negatives are documents for the facts of
   * other questions. Among symbols every name of the facts gets a symbol, and the question is put in symbols too.
   */
  static Problem.Source source(List<Problem> problems, WorldProblems.Options options) {
    boolean symbols = options.scenes().symbols();
    return (number, random) -> {
      var real = problems.get((int) (number % problems.size()));
      List<Fact> asked = real.facts();
      List<Fact> others = new ArrayList<>();
      for (int i = 0; i < options.hardNegatives() && problems.size() > 1; i++) {
        int step = 1 + random.nextInt(problems.size() - 1);
        var facts = problems.get((int) ((number + step) % problems.size())).facts();
        others.add(facts.get(facts.size() - 1));
      }
      var relations = options.scenes().relations().with(
          Stream.concat(asked.stream(), others.stream()).map(Fact::relation).toList());
      var scene = options.scenes().open(relations, random);
      var expression = scene.expression();
      if (symbols) {
        Map<Entity, Entity> names = new HashMap<>();
        asked = asked.stream().map(f -> symbolic(f, names, scene)).toList();
        others.replaceAll(f -> symbolic(f, names, scene));
      }
      List<Passage> needles = new ArrayList<>();
      var last = asked.get(asked.size() - 1);
      for (var fact : asked) {
        var passage = expression.document(fact, List.of(), random);
        needles.add(fact == last ? passage : WorldProblems.renamed(passage, "answer", "bridge"));
      }
      List<Passage> distractors = others.stream().map(f -> expression.document(f, List.of(), random)).toList();
      return new Problem(null, symbols ? expression.question(asked, random) : real.question(),
          symbols ? List.of(expression.answer(last)) : real.answers(), asked, needles, distractors, scene,
          real.meta());
    };
  }

  private static Fact symbolic(Fact fact, Map<Entity, Entity> names, Scene scene) {
    return new Fact(names.computeIfAbsent(fact.subject(), e -> scene.world().entity(e.type())), fact.relation(),
        names.computeIfAbsent(fact.object(), e -> scene.world().entity(e.type())));
  }
}
