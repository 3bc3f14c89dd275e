package dev.lodestone.lab.eval;

import dev.lodestone.LodestoneException;
import dev.lodestone.data.SampleEncoder;
import dev.lodestone.data.Samples;
import dev.lodestone.data.TokenSample;
import dev.lodestone.model.ModelFolder;
import dev.lodestone.text.Tokenizer;
import java.nio.file.Path;
import java.util.List;

/**
 * The samples of a file as tokens of a model: text goes through the tokenizer of the model's folder, and all ids are
 * checked against its vocabulary. Holds the tokenizer, which turns answers back into text.
 *
 * @param tokenizer null if the folder has none; then the samples came as tokens
 */
public record ModelSamples(List<TokenSample> samples, Tokenizer tokenizer) implements AutoCloseable {
  /** Reads and checks a whole file. */
  public static ModelSamples read(ModelFolder model, Path data, Samples.Format format, boolean addSpecialTokens) {
    int vocabulary = model.config().vocabulary();
    if (!model.hasTokenizer()) {
      return new ModelSamples(Samples.readTokens(data, format, null, vocabulary), null);
    }
    Tokenizer tokenizer = Tokenizer.load(model.tokenizerFile());
    try {
      tokenizer.requireFits(vocabulary);
      var encoder = new SampleEncoder(tokenizer, addSpecialTokens);
      return new ModelSamples(Samples.readTokens(data, format, encoder, vocabulary), tokenizer);
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

  @Override
  public void close() {
    if (tokenizer != null) {
      tokenizer.close();
    }
  }
}
