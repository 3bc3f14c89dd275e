package dev.lodestone.synth.write;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lodestone.io.Json;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;
import java.util.function.Consumer;

/** What happened on the way to the written texts so far; counted from any thread. */
public final class WriterStatistics {
  /** What is counted. */
  public enum Count {
    /** Questions sent to a model, those sent again included. */
    REQUESTS,
    /** Those sent again because the answer was a passing error, garbage or half of one. */
    RETRIES,
    /** Answers taken from the cache. */
    CACHED,
    /** Entries of the cache that could not be read and were written anew. */
    DAMAGED,
    /** Tokens of the questions, as far as the model's server says so. */
    PROMPT_TOKENS,
    /** Tokens of the answers, as far as the model's server says so. */
    ANSWER_TOKENS,
    /** Answers that refuse the work. */
    REFUSED,
    /** Answers that lost a fact: a name or value is missing or spelled in another way. */
    DRIFTED,
    /** Answers that name what they must not. */
    LEAKED,
    /** Answers that are cut, too short or too long. */
    MISFIT,
    /** Answers that talk to the reader about the work. */
    CHATTED,
    /** Texts given up because no attempt was good. */
    DROPPED,
    /** Texts that are good. */
    KEPT;

    String id() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private final Map<Count, Long> counts = new EnumMap<>(Count.class);
  private final Consumer<WriterStatistics> listener;

  public WriterStatistics() {
    this(statistics -> {});
  }

  /** @param listener hears of every change, from any thread but never from two at a time */
  public WriterStatistics(Consumer<WriterStatistics> listener) {
    this.listener = listener;
    for (Count count : Count.values()) {
      counts.put(count, 0L);
    }
  }

  public synchronized void add(Count count) {
    add(count, 1);
  }

  public synchronized void add(Count count, long more) {
    counts.merge(count, more, Long::sum);
    listener.accept(this);
  }

  public synchronized long get(Count count) {
    return counts.get(count);
  }

  /** Every count by its name in lower case. */
  public synchronized ObjectNode toJson() {
    ObjectNode node = Json.mapper().createObjectNode();
    counts.forEach((count, n) -> node.put(count.id(), n));
    return node;
  }

  /** What is not zero, for a progress line: {@code 12 requests, 1 retries, 10 kept}. */
  @Override
  public synchronized String toString() {
    var text = new StringJoiner(", ");
    counts.forEach((count, n) -> {
      if (n > 0) {
        text.add("%,d %s".formatted(n, count.id().replace('_', ' ')));
      }
    });
    return text.toString();
  }
}
