package dev.lodestone.lab.train;

import dev.lodestone.LodestoneException;
import dev.lodestone.data.Sample;
import dev.lodestone.data.SampleEncoder;
import dev.lodestone.data.Samples;
import dev.lodestone.data.TokenSample;
import dev.lodestone.model.ModelFolder;
import dev.lodestone.text.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;

/**
 * Samples as rows to learn from.
 *
 * <p>A token sample is learned where its labels say; without labels, everywhere. A text sample becomes prompt, first
 * answer and the model's end token, and is learned on the answer and the end token only: the prompt of a retrieval task
 * is mostly haystack, whose tokens would drown the few that ask for retrieval. Where the prompt does not end in white
 * space a blank goes before the answer. A sample's {@code weight} counts for each of its labels.
 */
final class TrainData {
  private final Tokenizer tokenizer;
  private final boolean addSpecialTokens;
  private final OptionalInt endToken;

  private TrainData(Tokenizer tokenizer, boolean addSpecialTokens, OptionalInt endToken) {
    this.tokenizer = tokenizer;
    this.addSpecialTokens = addSpecialTokens;
    this.endToken = endToken;
  }

  /** Reads and checks all samples of a file; refuses one that holds nothing to learn. */
  static List<TrainSample> read(ModelFolder model, Path file, boolean addSpecialTokens) {
    int vocabulary = model.config().vocabulary();
    if (!model.hasTokenizer()) {
      return rows(Samples.readTokens(file, null, vocabulary), null);
    }
    OptionalInt end = model.endTokens().stream().mapToInt(Integer::intValue).findFirst();
    try (Tokenizer tokenizer = Tokenizer.load(model.tokenizerFile())) {
      tokenizer.requireFits(vocabulary);
      var encoder = new SampleEncoder(tokenizer, addSpecialTokens);
      return rows(Samples.readTokens(file, encoder, vocabulary), new TrainData(tokenizer, addSpecialTokens, end));
    }
  }

  private static List<TrainSample> rows(List<TokenSample> samples, TrainData text) {
    var rows = new ArrayList<TrainSample>();
    for (TokenSample sample : samples) {
      TrainSample row = sample.text() == null || text == null ? row(sample) : text.row(sample.text());
      if (row.labelled() == 0) {
        throw new LodestoneException("sample '" + row.id() + "' holds nothing to learn: expected at least one label"
            + " after the first token of a document");
      }
      rows.add(row);
    }
    return rows;
  }

  private static TrainSample row(TokenSample sample) {
    int[] tokens = sample.tokens();
    int[] labels = sample.labels() == null ? tokens : sample.labels();
    int[] lengths = sample.packedLengths() == null ? new int[] {tokens.length} : sample.packedLengths();
    return new TrainSample(sample.id(), tokens, labels, lengths, sample.weight());
  }

  /** Prompt, answer, end token; labels on the last two. */
  private TrainSample row(Sample sample) {
    String prompt = sample.prompt();
    if (sample.answers().isEmpty()) {
      throw new LodestoneException("sample '" + sample.id() + "' has no answer to learn");
    }
    boolean blank = !prompt.isEmpty() && !Character.isWhitespace(prompt.codePointBefore(prompt.length()));
    var encoding = tokenizer.encode(prompt + (blank ? " " : "") + sample.answers().get(0), addSpecialTokens);
    int answerFrom = prompt.codePointCount(0, prompt.length());
    int n = encoding.ids().length;
    int[] tokens = Arrays.copyOf(encoding.ids(), n + (endToken.isPresent() ? 1 : 0));
    int[] labels = new int[tokens.length];
    Arrays.fill(labels, TrainSample.IGNORED);
    for (int i = 0; i < n; i++) {
      if (encoding.ends()[i] > answerFrom) {
        labels[i] = tokens[i];
      }
    }
    if (endToken.isPresent()) {
      tokens[n] = endToken.getAsInt();
      labels[n] = tokens[n];
    }
    return new TrainSample(sample.id(), tokens, labels, new int[] {tokens.length}, sample.weight());
  }
}
