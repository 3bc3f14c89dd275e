package dev.lodestone.synth.world;

import dev.lodestone.LodestoneException;
import dev.lodestone.synth.SplitMix;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * The entities and facts of one sample: drawn as they are asked for, the same for the same seed, no name twice. A
 * relation gives one object for a subject, and every object is new; so each question has one answer, and it is the
 * answer to no other question of the sample.
 */
public final class World {
  private static final int MOST_TRIES = 1000;

  private final Relations relations;
  private final Naming names;
  private final SplitMix random;
  private final Set<String> avoid;
  private final Set<Long> taken = new HashSet<>();
  private final Map<Entity, List<Relation>> told = new HashMap<>();

  /**
   * With invented names.
   *
   * @param relations what can be said, already the {@link Relations#part part} of a split if templates are to be split
   * @param split which names may occur
   * @param random gives the seed; worlds of different splits differ altogether even if it is the same
   * @param avoid names that must not occur, normalised as {@link dev.lodestone.metrics.Normalize#SQUAD} does: answers
   *     of a real evaluation set
   */
  public World(Relations relations, Split split, SplitMix random, Set<String> avoid) {
    this(relations, Names.of(split), new SplitMix(random.nextLong(), split.ordinal()), avoid);
  }

  private World(Relations relations, Naming names, SplitMix random, Set<String> avoid) {
    this.relations = relations;
    this.names = names;
    this.random = random;
    this.avoid = avoid;
  }

  /** With symbols for names, for {@link Symbolic}. */
  public static World symbolic(Relations relations, Split split, SplitMix random) {
    return new World(relations, new Symbols(split), new SplitMix(random.nextLong(), split.ordinal()), Set.of());
  }

  /** A new entity; {@link LodestoneException} if hardly a name is left. */
  public Entity entity(EntityType type) {
    for (int i = 0; i < MOST_TRIES; i++) {
      long number = names.draw(type, random);
      if (taken.add(number)) {
        var name = names.name(type, number, random);
        if (avoid.isEmpty() || !avoid.contains(Names.normalised(name))) {
          return new Entity(type, name);
        }
      }
    }
    throw new LodestoneException("Expected another " + type.name().toLowerCase(Locale.ROOT)
        + " for the sample but hardly a name is left after " + taken.size()
        + " entities; make samples shorter or the list of names to avoid smaller.");
  }

  /** A new subject, a relation by chance, a new object. */
  public Fact fact() {
    return fact(random.pick(relations.all()));
  }

  /** A new subject and a new object. */
  public Fact fact(Relation relation) {
    return fact(entity(relation.subject()), relation);
  }

  /** A new object; the relation must not have been told of the subject before. */
  public Fact fact(Entity subject, Relation relation) {
    if (subject.type() != relation.subject()) {
      throw new IllegalArgumentException(relation + ": expected a subject of type " + relation.subject()
          + " but found " + subject);
    }
    var before = told.computeIfAbsent(subject, s -> new ArrayList<>(4));
    if (before.contains(relation)) {
      throw new IllegalArgumentException(relation + " has an object for " + subject + " already");
    }
    before.add(relation);
    return new Fact(subject, relation, entity(relation.object()));
  }

  /**
   * Facts of which each is about the object of the one before, with different relations as far as there are.
   *
   * @param hops 1 to {@link Relations#MOST_HOPS}
   */
  public List<Fact> chain(int hops) {
    List<Fact> chain = new ArrayList<>(hops);
    List<Relation> used = new ArrayList<>(hops);
    chain.add(fact(random.pick(relations.starting(hops))));
    for (int left = hops - 1; left > 0; left--) {
      var last = chain.get(chain.size() - 1);
      used.add(last.relation());
      chain.add(fact(last.object(), unused(relations.starting(last.object().type(), left), used)));
    }
    return chain;
  }

  private Relation unused(List<Relation> all, List<Relation> used) {
    var fresh = new ArrayList<>(all);
    fresh.removeAll(used);
    return random.pick(fresh.isEmpty() ? all : fresh);
  }

  /** Hard negatives: n facts of the same relation with other subjects and other objects. */
  public List<Fact> likeness(Fact fact, int n) {
    List<Fact> facts = new ArrayList<>(n);
    for (int i = 0; i < n; i++) {
      facts.add(fact(fact.relation()));
    }
    return facts;
  }

  /** Up to n facts about a subject with relations not told of it before; fewer if there are no more relations. */
  public List<Fact> around(Entity subject, int n) {
    var open = new ArrayList<>(relations.of(subject.type()));
    open.removeAll(told.getOrDefault(subject, List.of()));
    List<Fact> facts = new ArrayList<>(n);
    for (int i = 0; i < n && !open.isEmpty(); i++) {
      int chosen = random.nextInt(open.size());
      facts.add(fact(subject, open.get(chosen)));
      open.set(chosen, open.get(open.size() - 1));
      open.remove(open.size() - 1);
    }
    return facts;
  }
}
