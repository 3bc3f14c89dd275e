package dev.lodestone.synth;

import dev.lodestone.synth.world.Expression;
import dev.lodestone.synth.world.Relations;
import dev.lodestone.synth.world.Split;
import dev.lodestone.synth.world.Symbolic;
import dev.lodestone.synth.world.Templated;
import dev.lodestone.synth.world.World;
import dev.lodestone.synth.write.FactWriter;
import java.util.Set;

/** What one sample's facts are of and how they are put: not shared between samples. */
public record Scene(World world, Expression expression) {
  /** Gives the expression of one sample. */
  @FunctionalInterface
  public interface Expressions {
    Expression open(Relations relations);

    /** English templates. */
    static Expressions templated(Relations relations) {
      var shared = new Templated(relations);
      return r -> r == relations ? shared : new Templated(r);
    }

    /** Symbols. */
    static Expressions symbolic() {
      return Symbolic::new;
    }

    /** Documents of a language model. */
    static Expressions written(Relations relations, FactWriter writer) {
      var templated = templated(relations);
      return r -> new Written(templated.open(r), writer);
    }
  }

  /**
   * What scenes are like.
   *
   * @param avoid normalised names that must not occur: the answers of a real evaluation set
   * @param symbols whether entities are symbols and not names
   */
  public record Options(Relations relations, Split split, Set<String> avoid, Expressions expressions,
      boolean symbols) {
    Scene open(SplitMix random) {
      return open(relations, random);
    }

    /** With other relations than the options'. */
    Scene open(Relations other, SplitMix random) {
      return new Scene(symbols ? World.symbolic(relations, split, random)
          : new World(relations, split, random, avoid), expressions.open(other));
    }
  }
}
