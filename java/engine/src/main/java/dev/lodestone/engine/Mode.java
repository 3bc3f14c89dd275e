package dev.lodestone.engine;

import dev.lodestone.heads.Head;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** What a model is used for, hence what memory it needs. What training leaves frozen costs nothing. */
public sealed interface Mode {
  /** Forward passes and decoding. */
  Mode INFERENCE = Plain.INFERENCE;
  /** Training of all parameters. */
  Mode ALL = Plain.ALL;
  /** Training of the q, k, v and o projections and their biases. */
  Mode ATTENTION = Plain.ATTENTION;

  /** Its name: {@code inference}, {@code full}, {@code attention}, {@code lora} or {@code heads}. */
  String id();

  /** The modes that their name says all of. */
  enum Plain implements Mode {
    INFERENCE("inference"), ALL("full"), ATTENTION("attention");

    private final String id;

    Plain(String id) {
      this.id = id;
    }

    @Override
    public String id() {
      return id;
    }

    @Override
    public String toString() {
      return id;
    }
  }

  /**
   * Training of low-rank adapters beside projections of every layer (Hu et al. 2021): {@code y += alpha/rank · B(A·x)}.
   * A (rank, in) begins uniform between ±1/√in, as in PEFT, and B (out, rank) zero. There is no dropout. The model
   * itself stays as it is; {@link Trainer#save} merges the adapters.
   *
   * @param seed of A
   */
  record Lora(int rank, double alpha, Set<Projection> targets, long seed) implements Mode {
    public Lora {
      targets = Set.copyOf(targets);
    }

    /** The targets in the order of a layer. */
    public List<Projection> orderedTargets() {
      return targets.isEmpty() ? List.of() : List.copyOf(EnumSet.copyOf(targets));
    }

    @Override
    public String id() {
      return "lora";
    }

    @Override
    public String toString() {
      return "lora of rank " + rank + " on "
          + orderedTargets().stream().map(Projection::toString).collect(Collectors.joining(","));
    }
  }

  /**
   * Training of heads: of each its rows of q and its columns of o, and the rows of k and v of the group that it reads.
   * Gradient norm and clipping see these slices alone.
   *
   * @param heads each once, ascending
   */
  record Heads(List<Head> heads) implements Mode {
    public Heads {
      heads = List.copyOf(new TreeSet<>(heads));
    }

    @Override
    public String id() {
      return "heads";
    }

    @Override
    public String toString() {
      return heads.size() + (heads.size() == 1 ? " head" : " heads");
    }
  }
}
