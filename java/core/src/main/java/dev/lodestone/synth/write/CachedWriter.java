package dev.lodestone.synth.write;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lodestone.LodestoneException;
import dev.lodestone.io.Json;
import dev.lodestone.synth.write.WriterStatistics.Count;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Keeps every answer of another writer on disk and asks it only what is not there, so that a run that was stopped goes
 * on where it was, and the same data can be made again. One JSON file a request, {@code ab/ab12...json}, named by the
 * SHA-256 of the writer's name and the request; it holds both and the answer. A file that is not such a file is asked
 * for and written anew. Requests that are alike and come at the same time are asked once.
 */
public final class CachedWriter implements Writer {
  private final Writer writer;
  private final Path folder;
  private final WriterStatistics statistics;
  private final ConcurrentHashMap<String, Object> locks = new ConcurrentHashMap<>();

  public CachedWriter(Writer writer, Path folder, WriterStatistics statistics) {
    this.writer = writer;
    this.folder = folder;
    this.statistics = statistics;
  }

  @Override
  public String name() {
    return writer.name();
  }

  @Override
  public Answer write(Request request) {
    ObjectNode asked = Json.mapper().createObjectNode().put("writer", writer.name()).put("seed", request.seed())
        .put("max_tokens", request.maxTokens()).put("system", request.system()).put("prompt", request.prompt());
    String key = sha256(asked.toString());
    Path file = folder.resolve(key.substring(0, 2)).resolve(key + ".json");
    synchronized (locks.computeIfAbsent(key, k -> new Object())) {
      try {
        Answer kept = read(file, asked);
        if (kept != null) {
          statistics.add(Count.CACHED);
          return kept;
        }
        Answer answer = writer.write(request);
        Json.writeFile(file, entry(asked, answer));
        return answer;
      } finally {
        locks.remove(key); // whoever takes a new lock finds the file
      }
    }
  }

  /** Null if it is not there, or not what was asked. */
  private Answer read(Path file, ObjectNode asked) {
    if (!Files.exists(file)) {
      return null;
    }
    try {
      JsonNode found = Json.readFile(file);
      var answer = new Answer(found.path("text").asText(), found.path("cut").asBoolean());
      if (entry(asked, answer).toString().equals(found.toString())) {
        return answer;
      }
    } catch (LodestoneException e) {
      // Not JSON: as damaged as one with other fields.
    }
    statistics.add(Count.DAMAGED);
    return null;
  }

  private static ObjectNode entry(ObjectNode asked, Answer answer) {
    return asked.deepCopy().put("text", answer.text()).put("cut", answer.cut());
  }

  private static String sha256(String text) {
    try {
      return HexFormat.of().formatHex(
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every JDK has it
    }
  }

  @Override
  public void close() {
    writer.close();
  }
}
