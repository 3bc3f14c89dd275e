package dev.lodestone.synth.world;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.LodestoneException;
import dev.lodestone.synth.SplitMix;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RelationsTest {
  private static final Pattern DOUBLED = Pattern.compile("\\b(\\w+) \\1\\b");
  private static final Relations BUILTIN = Relations.builtin();

  @TempDir Path dir;

  @Test
  void thereIsEnoughToSay() {
    assertTrue(BUILTIN.all().size() >= 20, BUILTIN.all().size() + "");
    for (var r : BUILTIN.all()) {
      assertTrue(r.statements().size() >= 8 && r.questions().size() >= 3 && r.phrases().size() >= 2, r.id());
    }
    assertTrue(BUILTIN.connectives().size() >= 60);
    for (var type : EntityType.values()) {
      assertTrue(BUILTIN.all().stream().anyMatch(r -> r.subject() == type || r.object() == type), type + "");
    }
  }

  @Test
  void templatesAreWellFormed() {
    Set<String> seen = new HashSet<>();
    for (var r : BUILTIN.all()) {
      r.statements().forEach(s -> check(s, seen, "[A-Z{].*[a-z}]\\."));
      r.questions().forEach(q -> check(q, seen, "[A-Z].*[a-z}]\\?"));
      r.phrases().forEach(p -> check(p, seen, "the [a-z ]+ \\{subject}"));
      assertTrue(openings(r.statements()) >= 5, r.id() + ": " + openings(r.statements()) + " openings");
    }
    BUILTIN.connectives().forEach(c -> check(c, seen, "[A-Z][a-z, -]+\\."));
    BUILTIN.titles().forEach(t -> check(t, seen, "([A-Z][a-z ]+ )?\\{subject}[a-z:, ]*"));
  }

  private static void check(String template, Set<String> seen, String form) {
    assertTrue(template.matches(form), template);
    assertTrue(!DOUBLED.matcher(template).find() && !template.contains("  "), template);
    assertTrue(seen.add(template), "twice: " + template);
  }

  private static long openings(List<String> statements) {
    return statements.stream().map(s -> s.split(" ")[0]).distinct().count();
  }

  @Test
  void splitsShareNoTemplate() {
    var train = templates(BUILTIN.part(Split.TRAIN));
    var eval = templates(BUILTIN.part(Split.EVAL));
    var all = templates(BUILTIN);
    assertEquals(all.size(), train.size() + eval.size());
    train.addAll(eval);
    assertEquals(all, train);
  }

  private static Set<String> templates(Relations relations) {
    Set<String> templates = new HashSet<>(relations.connectives());
    templates.addAll(relations.titles());
    for (var r : relations.all()) {
      templates.addAll(r.statements());
      templates.addAll(r.questions());
      templates.addAll(r.phrases());
    }
    return templates;
  }

  @Test
  void readsAFileOfTheSameForm() throws IOException {
    try (var in = Relations.class.getResourceAsStream("relations.json")) {
      var file = Files.write(dir.resolve("r.json"), in.readAllBytes());
      assertEquals(BUILTIN.all(), Relations.read(file).all());
    }
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
      "\"id\": \"mayor\" | \"id\": 7 | relations[1].id: expected a text",
      "\"id\": \"mayor\" | \"id\": \"author\" | relations[1].id: expected an id of its own",
      "\"subject\": \"city\" | \"subject\": \"town\" | relation mayor: subject: expected one of [person, city,",
      "is led by {object}. | is led by {person}. | relation mayor: statements[1]: expected one {subject}, one {object}",
      "is led by {object}. | is led by {object} | relation mayor: statements[1]: expected a \".\" at its end",
      "Who leads {subject}? | Who leads? | relation mayor: questions[1]: expected one {subject}",
      "Who leads {subject}? | {subject} is led by whom? | relation mayor: questions[1]: expected a word before",
      "\"the head of {subject}\" | 3 | relation mayor: phrases[1]: expected a text but found 3",
      ", \"the head of {subject}\" | '' | relation mayor: phrases: expected an array of at least 2",
      "\"questions\": [\"Who is the mayor | \"asked\": [\"Who is the mayor | relation mayor: questions: expected an",
      "\"connectives\": [ | \"connectives\": [\"\", | connectives[0]: expected a text",
      "\"titles\": | \"title\": | titles: expected an array of at least 2"})
  void namesRelationAndFieldOfAMistake(String good, String bad, String message) throws IOException {
    var text = new String(RelationsTest.class.getResourceAsStream("two-relations.json").readAllBytes(),
        StandardCharsets.UTF_8);
    assertTrue(text.contains(good), good);
    var file = Files.writeString(dir.resolve("bad.json"), text.replace(good, bad));
    var e = assertThrows(LodestoneException.class, () -> Relations.read(file));
    assertTrue(e.getMessage().startsWith(file + ": " + message), e.getMessage());
  }

  @Test
  void saysThatChainsAreTooLong() throws IOException {
    var file = dir.resolve("two.json");
    Files.copy(RelationsTest.class.getResourceAsStream("two-relations.json"), file);
    var world = new World(Relations.read(file), Split.ALL, new SplitMix(1, 0), Set.of());
    assertEquals(1, world.chain(1).size());
    var e = assertThrows(LodestoneException.class, () -> world.chain(2));
    assertTrue(e.getMessage().contains("2 hops"), e.getMessage());
  }
}
