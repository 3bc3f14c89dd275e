package dev.lodestone.synth;

import dev.lodestone.metrics.Normalize;
import dev.lodestone.synth.world.Filler;
import dev.lodestone.synth.world.Passage;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The documents around a question's needles, one value of {@link Haystack} each. */
@FunctionalInterface
public interface Surroundings {
  /** Facts of a made document beside its main one. */
  int FACTS_BESIDE = 2;

  /** Sets the pool's stream of chance apart from the questions'. */
  long POOL = 0x706f6f6cL;

  /** Documents in their order; null when there are no more. */
  @FunctionalInterface
  interface Passages {
    Passage next();
  }

  /** Opens the documents around a problem, after its own distractors. */
  Passages open(Problem problem, SplitMix random);

  /** Passages of a real source in an order of chance, without those that hold an answer or stand there already. */
  static Surroundings real(List<Passage> pool) {
    List<Passage> distinct = List.copyOf(new LinkedHashSet<>(pool));
    List<String> normal = distinct.stream().map(p -> Normalize.SQUAD.apply(p.title() + " " + p.text())).toList();
    return (problem, random) -> {
      List<String> answers =
          problem.answers().stream().map(Normalize.SQUAD::apply).filter(a -> !a.isEmpty()).toList();
      Set<Passage> known = new HashSet<>(problem.distractors());
      known.addAll(problem.needles());
      var order = new Shuffle(distinct.size(), random);
      return () -> {
        for (int i = order.next(); i >= 0; i = order.next()) {
          var text = normal.get(i);
          if (!known.contains(distinct.get(i)) && answers.stream().noneMatch(text::contains)) {
            return distinct.get(i);
          }
        }
        return null;
      };
    };
  }

  /** Made documents about other things of the problem's world, without end. */
  static Surroundings varied() {
    return (problem, random) -> () -> {
      var world = problem.scene().world();
      var fact = world.fact();
      return problem.scene().expression().document(fact, world.around(fact.subject(), FACTS_BESIDE), random);
    };
  }

  /**
   * Documents of worlds of their own, {@code size} in all, each made once: for documents that cost something. Those
   * that name an answer are passed over, and so are those that the writer gave up.
   */
  static Surroundings pooled(Scene.Options scenes, int size, long seed) {
    Map<Integer, Optional<Passage>> pool = new ConcurrentHashMap<>();
    return (problem, random) -> {
      var order = new Shuffle(size, random);
      return () -> {
        for (int i = order.next(); i >= 0; i = order.next()) {
          var passage = pool.computeIfAbsent(i, n -> pooled(scenes, new SplitMix(seed ^ POOL, n)));
          if (passage.isPresent() && problem.answers().stream().noneMatch(passage.get().text()::contains)) {
            return passage.get();
          }
        }
        return null;
      };
    };
  }

  private static Optional<Passage> pooled(Scene.Options scenes, SplitMix random) {
    var scene = scenes.open(random);
    var fact = scene.world().fact();
    try {
      return Optional.of(
          scene.expression().document(fact, scene.world().around(fact.subject(), FACTS_BESIDE), random));
    } catch (Written.Dropped e) {
      return Optional.empty();
    }
  }

  /** The same few sentences over and over, and nothing else, without end. */
  static Surroundings repeated(int words) {
    var passage = new Filler().passage(words);
    return (problem, random) -> () -> passage;
  }

  /** The numbers below a bound, each once, in an order of chance, drawn as they are asked for. */
  final class Shuffle {
    private final List<Integer> left = new ArrayList<>();
    private final SplitMix random;

    Shuffle(int bound, SplitMix random) {
      for (int i = 0; i < bound; i++) {
        left.add(i);
      }
      this.random = random;
    }

    /** The next one; −1 when all were drawn. */
    int next() {
      if (left.isEmpty()) {
        return -1;
      }
      int at = random.nextInt(left.size());
      int last = left.size() - 1;
      int drawn = left.get(at);
      left.set(at, left.get(last));
      left.remove(last);
      return drawn;
    }
  }
}
