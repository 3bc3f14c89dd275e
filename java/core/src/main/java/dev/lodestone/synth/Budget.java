package dev.lodestone.synth;

import dev.lodestone.text.TokenCounter;

/** How long a prompt may be, and how that is measured. Safe for use from several threads. */
public interface Budget {
  /** The exact size of a whole prompt. */
  int measure(String prompt);

  /**
   * About the size that a piece adds to a prompt, found cheaply. Cut pieces before a blank or line feed, not behind it
   * (see {@link TokenCounter}).
   */
  int estimate(String piece);

  /** The largest size allowed; {@link Integer#MAX_VALUE} if there is no limit. */
  int limit();

  /** What sizes count: {@code tokens} or {@code characters}; also the name of the size in a sample's {@code meta}. */
  String unit();

  default boolean isLimited() {
    return limit() < Integer.MAX_VALUE;
  }

  /** In tokens, no special ones added. */
  static Budget tokens(TokenCounter counter, int limit) {
    return new TokenBudget(counter, limit);
  }

  /** In Unicode code points. */
  static Budget characters(int limit) {
    return new CharacterBudget(limit);
  }

  /** Any length; sizes are characters. */
  static Budget none() {
    return new CharacterBudget(Integer.MAX_VALUE);
  }
}

record TokenBudget(TokenCounter counter, int limit) implements Budget {
  @Override
  public int measure(String prompt) {
    return counter.exact(prompt);
  }

  @Override
  public int estimate(String piece) {
    return counter.estimate(piece);
  }

  @Override
  public String unit() {
    return "tokens";
  }
}

record CharacterBudget(int limit) implements Budget {
  @Override
  public int measure(String prompt) {
    return prompt.codePointCount(0, prompt.length());
  }

  @Override
  public int estimate(String piece) {
    return measure(piece);
  }

  @Override
  public String unit() {
    return "characters";
  }
}
