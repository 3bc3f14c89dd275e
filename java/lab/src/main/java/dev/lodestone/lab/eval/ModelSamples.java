package dev.lodestone.lab.eval;

import dev.lodestone.LodestoneException;
import dev.lodestone.data.PromptTemplate;
import dev.lodestone.data.SampleEncoder;
import dev.lodestone.data.Samples;
import dev.lodestone.data.TokenSample;
import dev.lodestone.model.ModelFolder;
import dev.lodestone.text.Tokenizer;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * The samples of a file as tokens of a model: text goes through the tokenizer of the model's folder, and all ids are
 * checked against its vocabulary. Holds the tokenizer, which turns answers back into text.
 *
 * @param tokenizer null if the folder has none; then the samples came as tokens
 */
public record ModelSamples(List<TokenSample> samples, Tokenizer tokenizer) implements AutoCloseable {
  /** End of a text in the tokenizers of the supported families; a chat model may end with it too. */
  private static final Set<String> END_OF_TEXT = Set.of("<|endoftext|>", "<|end_of_text|>", "</s>");

  /** Reads and checks a whole file. */
  public static ModelSamples read(ModelFolder model, Path data, Samples.Format format, boolean addSpecialTokens) {
    return read(model, data, format, null, addSpecialTokens);
  }

  /** @param template the wording of prompts of published records; null for the published ones */
  public static ModelSamples read(ModelFolder model, Path data, Samples.Format format, PromptTemplate template,
      boolean addSpecialTokens) {
    int vocabulary = model.config().vocabulary();
    if (!model.hasTokenizer()) {
      return new ModelSamples(Samples.readTokens(data, format, template, null, vocabulary), null);
    }
    Tokenizer tokenizer = Tokenizer.load(model.tokenizerFile());
    try {
      tokenizer.requireFits(vocabulary);
      var encoder = new SampleEncoder(tokenizer, addSpecialTokens);
      return new ModelSamples(Samples.readTokens(data, format, template, encoder, vocabulary), tokenizer);
    } catch (RuntimeException e) {
      tokenizer.close();
      throw e;
    }
  }

  /** The tokenizer, which decoding text needs; the folder must have one. */
  public Tokenizer requireTokenizer(ModelFolder model) {
    if (tokenizer == null) {
      throw new LodestoneException(model.path()
          + ": expected a tokenizer.json to write answers as text but there is none");
    }
    return tokenizer;
  }

  /** Tokens that end an answer: the end tokens of the model's configuration and the tokenizer's end of text. */
  public Set<Integer> stopTokens(ModelFolder model) {
    Set<Integer> stop = new TreeSet<>(model.endTokens());
    if (tokenizer != null) {
      tokenizer.specialIds().stream().filter(id -> END_OF_TEXT.contains(tokenizer.decode(new int[] {id}, false)))
          .forEach(stop::add);
    }
    return stop;
  }

  @Override
  public void close() {
    if (tokenizer != null) {
      tokenizer.close();
    }
  }
}
