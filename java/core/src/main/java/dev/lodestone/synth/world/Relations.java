package dev.lodestone.synth.world;

import dev.lodestone.LodestoneException;
import dev.lodestone.io.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What can be said of a world: the relations with their templates, sentences that say no fact ({@code connectives}),
 * and patterns of titles with one {@code {subject}}.
 */
public final class Relations {
  /** The longest chain. */
  public static final int MOST_HOPS = 4;

  private final List<Relation> all;
  private final List<String> connectives;
  private final List<String> titles;
  private final List<List<Relation>> starting = new ArrayList<>(); // by hops: relations that begin such a chain
  private final List<Map<EntityType, List<Relation>>> startingFrom = new ArrayList<>(); // the same by their subject

  Relations(List<Relation> all, List<String> connectives, List<String> titles) {
    this.all = List.copyOf(all);
    this.connectives = List.copyOf(connectives);
    this.titles = List.copyOf(titles);
    for (int hops = 1; hops <= MOST_HOPS; hops++) {
      var shorter = hops == 1 ? null : startingFrom.get(hops - 2);
      var found = all.stream().filter(r -> shorter == null || shorter.containsKey(r.object())).toList();
      Map<EntityType, List<Relation>> from = new EnumMap<>(EntityType.class);
      found.forEach(r -> from.computeIfAbsent(r.subject(), t -> new ArrayList<>()).add(r));
      from.replaceAll((type, relations) -> Collections.unmodifiableList(relations));
      starting.add(found);
      startingFrom.add(from);
    }
  }

  /** Those that come with Lodestone. */
  public static Relations builtin() {
    try (var in = Relations.class.getResourceAsStream("relations.json")) {
      var text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      return RelationsFile.parse(Json.parse(text, "relations.json"), "relations.json");
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * From a file like the built-in {@code relations.json}; {@link LodestoneException} with file, relation and field if
   * something in it is not as it should be.
   */
  public static Relations read(Path file) {
    return RelationsFile.parse(Json.readFile(file), file.toString());
  }

  /** The relations in the order of the file. */
  public List<Relation> all() {
    return all;
  }

  /** The relations of a type of subject; none if there are none. */
  public List<Relation> of(EntityType subject) {
    return startingFrom.get(0).getOrDefault(subject, List.of());
  }

  /** All relations with the templates of a split; connectives and titles are split too. */
  public Relations part(Split split) {
    return split == Split.ALL ? this
        : new Relations(all.stream().map(r -> r.part(split)).toList(), split.of(connectives), split.of(titles));
  }

  /** These and others, the first of each id. */
  public Relations with(List<Relation> more) {
    Map<String, Relation> byId = new LinkedHashMap<>();
    all.forEach(r -> byId.put(r.id(), r));
    more.forEach(r -> byId.putIfAbsent(r.id(), r));
    return new Relations(List.copyOf(byId.values()), connectives, titles);
  }

  List<String> connectives() {
    return connectives;
  }

  List<String> titles() {
    return titles;
  }

  /** Relations that begin a chain of that many facts. */
  List<Relation> starting(int hops) {
    if (hops < 1 || hops > MOST_HOPS) {
      throw new IllegalArgumentException("expected 1 to " + MOST_HOPS + " hops but found " + hops);
    }
    var found = starting.get(hops - 1);
    if (found.isEmpty()) {
      throw new LodestoneException("Expected relations that make chains of " + hops
          + " hops, each about the object of the one before, but found none.");
    }
    return found;
  }

  /** Those of them whose subject has the type. */
  List<Relation> starting(EntityType subject, int hops) {
    return startingFrom.get(hops - 1).getOrDefault(subject, List.of());
  }
}
