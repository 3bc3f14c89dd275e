package dev.lodestone.lab.intervene;

/** Which rows of a prompt and its answer an intervention touches. */
public enum Rows {
  /** All of them. */
  ALL,
  /**
   * Those that write the answer: the prompt's last row and the rows of generated tokens, as in the masking code of Wu
   * et al. 2024, where the prompt but for its last token is read by the whole model.
   */
  ANSWER;

  /** The first such row of a prompt of so many tokens. */
  int first(int promptTokens) {
    return this == ALL ? 0 : promptTokens - 1;
  }
}
