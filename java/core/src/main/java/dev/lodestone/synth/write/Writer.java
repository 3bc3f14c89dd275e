package dev.lodestone.synth.write;

import java.nio.charset.StandardCharsets;

/** A language model that answers a prompt. May be asked from several threads. */
public interface Writer extends AutoCloseable {
  /**
   * What is asked.
   *
   * @param system what the model is told about its part
   * @param seed of the model's sampling, as far as it samples and follows seeds
   * @param maxTokens the longest answer
   */
  record Request(String system, String prompt, long seed, int maxTokens) {}

  /**
   * What came back.
   *
   * @param cut whether it ends because it reached its longest length, or because a filter stopped it
   */
  record Answer(String text, boolean cut) {
    public Answer {
      text = new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8); // half characters become "?"
    }
  }

  /** {@link dev.lodestone.LodestoneException} if no answer can be had, after all that can be tried again was. */
  Answer write(Request request);

  /** The model and the settings that its answers depend on. */
  String name();

  @Override
  void close();
}
