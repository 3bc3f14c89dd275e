package dev.lodestone.lab.quickstart;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lodestone.io.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** The vocabulary of the embedded model: {@code words.txt}, a token a word, by kinds of words. */
final class Words {
  static final int COUNT = 256;
  private static final Words ALL = new Words();

  /** The lines of a kind, each a list of ids; a kind such as relation has several. */
  private final Map<String, List<int[]>> kinds = new HashMap<>();
  private final List<String> words = new ArrayList<>(COUNT);

  private Words() {
    try (InputStream file = Words.class.getResourceAsStream("words.txt")) {
      String text = new String(file.readAllBytes(), StandardCharsets.UTF_8);
      text.lines().filter(line -> !line.startsWith("#")).forEach(this::add);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    if (words.size() != COUNT || words.stream().distinct().count() != COUNT) {
      throw new IllegalStateException("expected " + COUNT + " different words but found " + words.size());
    }
  }

  private void add(String line) {
    String[] parts = line.split(" ");
    int[] ids = IntStream.range(words.size(), words.size() + parts.length - 1).toArray();
    words.addAll(Arrays.asList(parts).subList(1, parts.length));
    kinds.computeIfAbsent(parts[0], kind -> new ArrayList<>()).add(ids);
  }

  /** The ids of the words of a kind that has one line. */
  static int[] of(String kind) {
    return ALL.kinds.get(kind).get(0);
  }

  /** The ids of a kind of several lines, one array a line: words that mean the same. */
  static List<int[]> groups(String kind) {
    return ALL.kinds.get(kind);
  }

  /** The ids of a text of these words. */
  static int[] ids(String text) {
    return Arrays.stream(text.split(" ")).mapToInt(Words::id).toArray();
  }

  private static int id(String word) {
    int id = ALL.words.indexOf(word);
    if (id < 0) {
      throw new IllegalArgumentException("no word of the vocabulary: " + word);
    }
    return id;
  }

  /** Words with a space between them. */
  static String text(int[] ids, int from, int to) {
    return IntStream.range(from, to).mapToObj(i -> ALL.words.get(ids[i])).collect(Collectors.joining(" "));
  }

  /** The same vocabulary as a {@code tokenizer.json}: words are what stands between spaces. */
  static ObjectNode tokenizer() {
    ObjectNode json = Json.mapper().createObjectNode().put("version", "1.0").putNull("truncation").putNull("padding");
    int end = of("end")[0];
    json.putArray("added_tokens").addObject().put("id", end).put("content", ALL.words.get(end))
        .put("single_word", false).put("lstrip", false).put("rstrip", false).put("normalized", false)
        .put("special", true);
    json.putNull("normalizer").putObject("pre_tokenizer").put("type", "WhitespaceSplit");
    json.putNull("post_processor").putNull("decoder");
    ObjectNode vocabulary = json.putObject("model").put("type", "WordLevel").put("unk_token", ".")
        .putObject("vocab");
    for (int i = 0; i < COUNT; i++) {
      vocabulary.put(ALL.words.get(i), i);
    }
    return json;
  }
}
