package dev.lodestone.text;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.huggingface.tokenizers.jni.CharSpan;
import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lodestone.LodestoneException;
import dev.lodestone.io.Json;
import dev.lodestone.io.Lines;
import dev.lodestone.io.Utf8;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * A Hugging Face {@code tokenizer.json}, run by the tokenizers library. The text is never truncated or padded, whatever
 * the file says. A special token that is written out in the text ({@code <|im_end|>}) becomes that one token. Works
 * offline; may be used from several threads.
 */
public final class Tokenizer implements AutoCloseable {
  /**
   * Tokens and where they come from: token i stands for the characters [starts[i], ends[i]) of the text, counted in
   * Unicode code points. Of a character that is split over several tokens each covers the whole character; a token that
   * was added covers nothing.
   */
  public record Encoding(int[] ids, int[] starts, int[] ends) {}

  static {
    // The binding must not look for CUDA builds of its library on the net, nor report its use.
    setIfAbsent("ai.djl.offline", "true");
    setIfAbsent("OPT_OUT_TRACKING", "true");
    // It warns of CUDA libraries without a driver, which is no concern of a tokenizer.
    setIfAbsent("org.slf4j.simpleLogger.log.ai.djl", "error");
    setIfAbsent("slf4j.internal.verbosity", "ERROR");
  }

  private final HuggingFaceTokenizer library;
  private final String where;
  private final int vocabularySize;
  private final Set<Integer> specialIds;
  private final boolean byteLevel;

  private Tokenizer(String json, String where) {
    this.where = where;
    JsonNode root = Json.parse(json, where);
    if (!root.path("model").isObject()) {
      throw new LodestoneException(where + ": expected a tokenizer of Hugging Face but found no object model");
    }
    var special = new TreeSet<Integer>();
    int highest = highestId(root.path("model").path("vocab"));
    for (JsonNode token : root.path("added_tokens")) {
      int id = token.path("id").asInt(-1);
      highest = Math.max(highest, id);
      if (token.path("special").asBoolean()) {
        special.add(id);
      }
    }
    vocabularySize = Math.addExact(highest, 1);
    specialIds = Collections.unmodifiableSet(special);
    byteLevel = isByteLevel(root.path("pre_tokenizer"));
    library = open(keepSpaces(root.path("post_processor")) ? root.toString() : json, where);
  }

  /** From {@code tokenizer.json} or the folder that holds it. */
  public static Tokenizer load(Path tokenizerJsonOrFolder) {
    Path file = tokenizerJsonOrFolder;
    if (Files.isDirectory(file)) {
      file = file.resolve("tokenizer.json");
      if (!Files.exists(file)) {
        throw new LodestoneException(tokenizerJsonOrFolder + ": expected a tokenizer.json but there is none; copy it"
            + " from the model that this one was made from");
      }
    }
    return parse(Lines.readString(file), file.toString());
  }

  /** From the text of a {@code tokenizer.json}; {@code where} names it in errors. */
  public static Tokenizer parse(String json, String where) {
    return new Tokenizer(json, where);
  }

  /** {@code addSpecial}: also the tokens that the file puts before and after a text (its post-processor). */
  public Encoding encode(String text, boolean addSpecial) {
    ai.djl.huggingface.tokenizers.Encoding encoded;
    try {
      encoded = library.encode(Utf8.wellFormed(text), addSpecial, false);
    } catch (RuntimeException e) {
      throw failed("cannot encode a text of " + text.length() + " characters", e);
    }
    int[] ids = toInts(encoded.getIds());
    CharSpan[] spans = encoded.getCharTokenSpans();
    var starts = new int[ids.length];
    var ends = new int[ids.length];
    int at = 0;
    for (int i = 0; i < ids.length; i++) {
      if (spans[i] == null || encoded.getSpecialTokenMask()[i] == 1) { // added: it has no characters of its own
        starts[i] = ends[i] = at;
      } else {
        starts[i] = spans[i].getStart();
        ends[i] = at = spans[i].getEnd();
      }
    }
    return new Encoding(ids, starts, ends);
  }

  /**
   * How many tokens {@link #encode} gives without special ones. Cheaper by a third: the library's objects for spans and
   * token texts are not made.
   */
  public int count(String text) {
    try {
      long encoded = TokenizersLibrary.LIB.encode(library.getHandle(), Utf8.wellFormed(text), false);
      try {
        return TokenizersLibrary.LIB.getTokenIds(encoded).length;
      } finally {
        TokenizersLibrary.LIB.deleteEncoding(encoded);
      }
    } catch (RuntimeException e) {
      throw failed("cannot encode a text of " + text.length() + " characters", e);
    }
  }

  /** Whether the text is cut into words, numbers and marks first and then into bytes, as GPT-2 and its heirs do. */
  boolean byteLevel() {
    return byteLevel;
  }

  /** The text without special tokens. */
  public String decode(int... ids) {
    return decode(ids, true);
  }

  public String decode(int[] ids, boolean skipSpecial) {
    var longs = new long[ids.length];
    for (int i = 0; i < ids.length; i++) {
      if (ids[i] < 0) {
        throw new LodestoneException(where + ": expected token ids of at least 0 but found " + ids[i]);
      }
      longs[i] = ids[i];
    }
    try {
      return library.decode(longs, skipSpecial);
    } catch (RuntimeException e) {
      throw failed("cannot decode " + ids.length + " tokens", e);
    }
  }

  /** The highest id + 1, added tokens included. */
  public int vocabularySize() {
    return vocabularySize;
  }

  public Set<Integer> specialIds() {
    return specialIds;
  }

  /** {@link LodestoneException} if there are ids that a model of that vocabulary lacks. */
  public void requireFits(long vocabulary) {
    if (vocabularySize > vocabulary) {
      throw new LodestoneException(where + ": expected a tokenizer for the model's vocabulary of " + vocabulary
          + " but its ids go up to " + (vocabularySize - 1) + "; use the tokenizer that the model was trained with");
    }
  }

  @Override
  public void close() {
    library.close();
  }

  private static HuggingFaceTokenizer open(String json, String where) {
    try {
      var bytes = new ByteArrayInputStream(json.getBytes(StandardCharsets.UTF_8));
      return HuggingFaceTokenizer.newInstance(bytes, Map.of("truncation", "false", "padding", "false"));
    } catch (IOException | RuntimeException e) {
      throw new LodestoneException(where + ": expected a tokenizer of Hugging Face: " + firstLine(e), e);
    } catch (LinkageError e) {
      throw new LodestoneException("the tokenizers library cannot be loaded: " + firstLine(e)
          + "; it is unpacked into ~/.djl.ai, or the folder that the environment variable DJL_CACHE_DIR names", e);
    }
  }

  /** A byte-level post-processor would cut the space that begins a word from its token's span; a token owns it. */
  private static boolean keepSpaces(JsonNode processor) {
    boolean changed = false;
    for (JsonNode part : processor.path("processors")) {
      changed |= keepSpaces(part);
    }
    if (processor.path("trim_offsets").asBoolean()) {
      ((ObjectNode) processor).put("trim_offsets", false);
      changed = true;
    }
    return changed;
  }

  private static boolean isByteLevel(JsonNode preTokenizer) {
    for (JsonNode part : preTokenizer.path("pretokenizers")) {
      if (isByteLevel(part)) {
        return true;
      }
    }
    return preTokenizer.path("type").asText().equals("ByteLevel");
  }

  private static int highestId(JsonNode vocabulary) {
    if (vocabulary.isArray()) { // Unigram: the index is the id
      return vocabulary.size() - 1;
    }
    int highest = -1;
    for (JsonNode id : vocabulary) {
      highest = Math.max(highest, id.asInt(-1));
    }
    return highest;
  }

  private static int[] toInts(long[] ids) {
    var ints = new int[ids.length];
    for (int i = 0; i < ids.length; i++) {
      ints[i] = Math.toIntExact(ids[i]);
    }
    return ints;
  }

  private LodestoneException failed(String what, RuntimeException e) {
    return new LodestoneException(where + ": " + what + ": " + firstLine(e), e);
  }

  private static String firstLine(Throwable e) {
    return String.valueOf(e.getMessage()).lines().findFirst().orElse(e.getClass().getSimpleName());
  }

  private static void setIfAbsent(String property, String value) {
    if (System.getProperty(property) == null) {
      System.setProperty(property, value);
    }
  }
}
