package dev.lodestone.data;

import dev.lodestone.LodestoneException;
import java.util.ArrayList;
import java.util.List;

/** What a chat model expects around the user's words, up to where its answer begins. */
public record ChatTemplate(String prefix, String suffix) {
  /** Nothing: for base models. */
  public static final ChatTemplate NONE = new ChatTemplate("", "");

  /** The turns of ChatML ({@code <|im_start|>role ... <|im_end|>}), as Qwen and SmolLM models use them. */
  public static ChatTemplate chatMl(String system) {
    return new ChatTemplate("<|im_start|>system\n" + system + "<|im_end|>\n<|im_start|>user\n",
        "<|im_end|>\n<|im_start|>assistant\n");
  }

  /** {@code none}, or {@code chatml} with a plain system message. */
  public static ChatTemplate parse(String name) {
    return switch (name) {
      case "none" -> NONE;
      case "chatml" -> chatMl("You are a helpful assistant.");
      default -> throw new LodestoneException("Expected a chat template among none, chatml but found \"" + name
          + "\".");
    };
  }

  /** The sample with its prompt wrapped and its spans moved along. */
  public Sample wrap(Sample sample) {
    if (prefix.isEmpty() && suffix.isEmpty()) {
      return sample;
    }
    int shift = prefix.codePointCount(0, prefix.length());
    List<Span> spans = new ArrayList<>(sample.spans());
    spans.replaceAll(s -> s.shift(shift));
    return new Sample(sample.id(), sample.task(), prefix + sample.prompt() + suffix, sample.answers(), spans,
        sample.meta());
  }
}
