package dev.lodestone.synth;

import dev.lodestone.data.Span;
import dev.lodestone.io.Json;
import dev.lodestone.synth.world.Fact;
import dev.lodestone.synth.world.Passage;
import java.util.ArrayList;
import java.util.List;

/**
 * Questions about a made world, one world a question. A question that is made unanswerable (as in MuSiQue-Full, Trivedi
 * et al. 2022) lacks the document that holds its last answer, which becomes {@link #NO_ANSWER}.
 */
public final class WorldProblems {
  /** The answer where the documents hold none; ours. */
  public static final String NO_ANSWER = "unanswerable";

  private static final String TOPIC = "people, places and what became of them";

  /**
   * What the worlds and questions are like.
   *
   * @param hardNegatives documents with the same relation as the fact that is asked for, about something else
   * @param unanswerable share of questions without an answer, from 0 to 1
   */
  public record Options(Scene.Options scenes, int hardNegatives, double unanswerable) {}

  private WorldProblems() {}

  /** One fact in one document: MDQA. */
  public static Problem.Source mdqa(Options options) {
    return (number, random) -> {
      var scene = options.scenes().open(random);
      return chained(options, scene, List.of(scene.world().fact()), random);
    };
  }

  /** Facts about each other's objects, a document each: MuSiQue. The numbers of hops take turns. */
  public static Problem.Source musique(Options options, List<Integer> hops) {
    List<Integer> turns = List.copyOf(hops);
    return (number, random) -> {
      var scene = options.scenes().open(random);
      var chain = scene.world().chain(turns.get((int) (number % turns.size())));
      return chained(options, scene, chain, random);
    };
  }

  private static Problem chained(Options options, Scene scene, List<Fact> chain, SplitMix random) {
    var expression = scene.expression();
    boolean answerable = random.nextInt(1 << 20) >= options.unanswerable() * (1 << 20);
    List<Passage> needles = new ArrayList<>();
    List<Passage> distractors = new ArrayList<>();
    var last = chain.get(chain.size() - 1);
    for (var fact : chain) {
      if (fact == last && !answerable) {
        break;
      }
      var passage = document(scene, fact, random);
      needles.add(fact == last ? passage : renamed(passage, "answer", "bridge"));
    }
    for (var fact : scene.world().likeness(last, options.hardNegatives())) {
      distractors.add(document(scene, fact, random));
    }
    var meta = Json.mapper().createObjectNode().put("hops", chain.size()).put("hard_negatives", distractors.size())
        .put("answerable", answerable);
    return new Problem(null, expression.question(chain, random),
        List.of(answerable ? expression.answer(last) : NO_ANSWER), chain, needles, distractors, scene, meta);
  }

  /**
   * Which documents support an insight: SummHay's citations. A topic has {@code insights} facts, each of them in two to
   * six articles; an article holds one to three of them, each put in its own words.
   */
  public static Problem.Source summHay(Options options, int insights) {
    return (number, random) -> {
      var scene = options.scenes().open(random);
      List<Fact> facts = new ArrayList<>();
      for (int i = 0; i < insights; i++) {
        facts.add(scene.world().fact());
      }
      var asked = facts.get(0);
      List<Passage> needles = new ArrayList<>();
      List<Passage> distractors = new ArrayList<>();
      for (var fact : facts) {
        int copies = 2 + random.nextInt(5);
        for (int copy = 0; copy < copies; copy++) {
          List<Fact> others = new ArrayList<>(); // never the one that is asked for
          for (int n = random.nextInt(Math.min(3, insights)); n > 0; n--) {
            var other = facts.get(1 + random.nextInt(insights - 1));
            if (other != fact && !others.contains(other)) {
              others.add(other);
            }
          }
          var article = scene.expression().document(fact, others, copy, random);
          (fact == asked ? needles : distractors).add(renamed(article, "answer", "object"));
        }
      }
      for (var fact : scene.world().likeness(asked, options.hardNegatives())) {
        distractors.add(document(scene, fact, random));
      }
      random.shuffle(distractors);
      var meta = Json.mapper().createObjectNode().put("insights", insights)
          .put("hard_negatives", options.hardNegatives());
      return new Problem(TOPIC, scene.expression().statement(asked), List.of(), List.of(asked), needles, distractors, scene,
          meta);
    };
  }

  private static Passage document(Scene scene, Fact fact, SplitMix random) {
    return scene.expression().document(fact, scene.world().around(fact.subject(), Surroundings.FACTS_BESIDE), random);
  }

  static Passage renamed(Passage passage, String from, String to) {
    return new Passage(passage.title(), passage.text(), passage.spans().stream()
        .map(s -> s.name().equals(from) ? new Span(to, s.start(), s.end()) : s).toList());
  }
}
