package dev.lodestone.lab.study;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Options of a command by their long names without dashes, and where each of them stands. */
record Options(Map<String, Place> values) {
  static final Options NONE = new Options(Map.of());

  /** The entries of an object, without those that the study itself sets. */
  static Options of(Place place, Set<String> setByStudy) {
    var values = place.entries();
    values.forEach((name, value) -> {
      if (setByStudy.contains(name)) {
        throw value.wrong("the study sets this itself; leave it out");
      }
      if (value.isThere()) {
        value.texts();
      }
    });
    return new Options(values);
  }

  /** These, and those of {@code more} in their stead where both say something. */
  Options with(Options more) {
    var all = new LinkedHashMap<>(values);
    all.putAll(more.values);
    return new Options(all);
  }

  Options without(String name) {
    var rest = new LinkedHashMap<>(values);
    rest.remove(name);
    return new Options(rest);
  }

  boolean has(String name) {
    return values.containsKey(name) && values.get(name).isThere();
  }

  /** The text of an option, or what else if it is not there. */
  String text(String name, String otherwise) {
    return has(name) ? values.get(name).text() : otherwise;
  }

  /** {@code --name value} for each; {@code --name} alone for true, nothing for false or nothing. */
  List<Word> words(String command, Commands commands) {
    var words = new ArrayList<Word>();
    values.forEach((name, place) -> {
      if (!place.isThere() || place.node().isBoolean() && !place.node().asBoolean()) {
        return;
      }
      words.add(new Word.Text("--" + name));
      if (!place.node().isBoolean()) {
        words.add(commands.readsFiles(command, name) ? files(place) : new Word.Text(String.join(",", place.texts())));
      }
    });
    return words;
  }

  /** The files and folders that a value names. */
  static Word.Input files(Place place) {
    return new Word.Input(place.texts().stream().map(text -> existing(place, text)).toList());
  }

  private static Path existing(Place place, String text) {
    Path path = Path.of(text);
    if (!Files.exists(path)) {
      throw place.wrong("expected a file or folder but there is no " + text);
    }
    return path;
  }
}
