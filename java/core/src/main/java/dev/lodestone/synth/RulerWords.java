package dev.lodestone.synth;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.UUID;

/** What RULER's keys and values are made of. */
public enum RulerWords {
  /** An adjective and a noun with a hyphen between. */
  WORDS,
  /** Seven digits. */
  NUMBERS,
  /** Of version 4. */
  UUIDS;

  private static final List<String> ADJECTIVES = lines("adjectives.txt");
  private static final List<String> NOUNS = lines("nouns.txt");

  /** Reads {@code words}, {@code numbers} or {@code uuids}. */
  public static RulerWords parse(String name) {
    return Axes.parse(values(), "keys or values", name);
  }

  String draw(SplitMix random) {
    return switch (this) {
      case WORDS -> random.pick(ADJECTIVES) + "-" + random.pick(NOUNS);
      case NUMBERS -> String.valueOf(1_000_000 + random.nextInt(9_000_000));
      case UUIDS -> uuid(random);
    };
  }

  static String uuid(SplitMix random) {
    long high = (random.nextLong() & ~0xf000L) | 0x4000L;
    long low = (random.nextLong() & 0x3fffffffffffffffL) | 0x8000000000000000L;
    return new UUID(high, low).toString();
  }

  private static List<String> lines(String resource) {
    try (var in = RulerWords.class.getResourceAsStream(resource)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
