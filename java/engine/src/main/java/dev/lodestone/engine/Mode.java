package dev.lodestone.engine;

/** What a model is used for, hence what memory it needs. */
public enum Mode {
  /** Forward passes and decoding. */
  INFERENCE,
  /** Training of all parameters. */
  ALL,
  /** Training of the q, k, v and o projections and their biases. What is frozen costs nothing. */
  ATTENTION
}
