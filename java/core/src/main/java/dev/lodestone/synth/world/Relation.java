package dev.lodestone.synth.world;

import java.util.List;

/**
 * A relation with one object for each subject, and how it is put in English.
 *
 * @param statements sentences with one {@code {subject}} and one {@code {object}} each
 * @param questions with one {@code {subject}} each; the object is the answer
 * @param phrases noun phrases for the object with one {@code {subject}} each, such as "the author of {subject}"; they
 *     nest in questions of several hops
 */
public record Relation(String id, EntityType subject, EntityType object, List<String> statements,
    List<String> questions, List<String> phrases) {
  public Relation {
    statements = List.copyOf(statements);
    questions = List.copyOf(questions);
    phrases = List.copyOf(phrases);
  }

  /** The same relation with the templates of a split. */
  Relation part(Split split) {
    return new Relation(id, subject, object, split.of(statements), split.of(questions), split.of(phrases));
  }

  @Override
  public String toString() {
    return id;
  }
}
