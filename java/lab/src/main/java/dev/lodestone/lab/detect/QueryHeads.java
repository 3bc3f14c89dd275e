package dev.lodestone.lab.detect;

import dev.lodestone.LodestoneException;
import dev.lodestone.data.Span;
import dev.lodestone.data.TokenSample;
import dev.lodestone.engine.Batch;
import dev.lodestone.engine.Model;
import dev.lodestone.engine.Pass;
import dev.lodestone.engine.Probe;
import dev.lodestone.engine.Probe.Stat;
import dev.lodestone.heads.QueryScore;
import dev.lodestone.heads.Target;
import dev.lodestone.text.Tokenizer;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Attention from a sample's question to its gold documents ({@link QueryScore}), in one pass with the question and one
 * with {@code N/A} in its place. As in the authors' program the rows are all from the question to the prompt's end.
 */
final class QueryHeads {
  private static final String NULL_QUERY = "N/A";

  private QueryHeads() {}

  /** One score a head, (layers * heads); NaN where the window of a layer ends behind the documents. */
  static double[] score(Model model, TokenSample sample, Tokenizer tokenizer) {
    Span query = query(sample);
    List<Span> gold = Target.GOLD.of(sample);
    int[] tokens = sample.tokens();
    int[] empty = nullPrompt(tokens, query, tokenizer);
    float[] columns = columns(model, tokens, query.start());
    float[] nullColumns = columns(model, empty, query.start());
    int heads = model.config().heads();
    double[] scores = new double[model.config().layers() * heads];
    Arrays.setAll(scores, head -> {
      int window = model.config().windows()[head / heads];
      boolean blind = window > 0 && gold.stream().allMatch(s -> s.end() <= query.start() - window + 1);
      return blind ? Double.NaN : QueryScore.of(columns, head * tokens.length, tokens.length - query.start(),
          nullColumns, head * empty.length, empty.length - query.start(), gold);
    });
    return scores;
  }

  /** The last span {@code query}; the gold documents must stand before it. */
  static Span query(TokenSample sample) {
    Span query = sample.spans("query").reduce((a, b) -> b).orElseThrow(() -> new LodestoneException(
        "sample " + sample.id() + ": expected a span query, from which attention is read, but found none"));
    if (Target.GOLD.of(sample).stream().anyMatch(s -> s.end() > query.start())) {
      throw new LodestoneException("sample " + sample.id()
          + ": expected the gold documents before the question but found one behind its start");
    }
    return query;
  }

  private static int[] nullPrompt(int[] tokens, Span query, Tokenizer tokenizer) {
    if (tokenizer == null) {
      throw new LodestoneException("the detector qr writes the question " + NULL_QUERY
          + ": expected a tokenizer.json in the model folder but there is none");
    }
    boolean blank = tokenizer.decode(tokens[query.start()]).startsWith(" ");
    int[] words = tokenizer.encode((blank ? " " : "") + NULL_QUERY, false).ids();
    return IntStream.of(0, 1, 2).mapToObj(part -> switch (part) {
      case 0 -> Arrays.copyOf(tokens, query.start());
      case 1 -> words;
      default -> Arrays.copyOfRange(tokens, query.end(), tokens.length);
    }).flatMapToInt(Arrays::stream).toArray();
  }

  private static float[] columns(Model model, int[] tokens, int from) {
    return model.forward(Batch.of(tokens), Pass.of().probe(
        Probe.range(from, tokens.length).stats(EnumSet.of(Stat.COLUMNS)))).probe().columnSum();
  }
}
