package dev.lodestone.engine;

import dev.lodestone.engine.bind.LsBatch;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.LongPointer;

/**
 * One row of tokens: documents packed one after another. Attention never crosses from one into the next and positions
 * restart at 0, so nothing is padded.
 *
 * @param tokens token ids
 * @param starts documents + 1 entries: the first token of each document, then the number of tokens
 * @param labels null, or for each position the token to be predicted there, as in Hugging Face: row i − 1 of the
 *     document predicts {@code labels[i]}; −100 is ignored
 * @param weights null, or the weight of each label's loss
 */
public record Batch(int[] tokens, int[] starts, int[] labels, float[] weights) {
  /** The label that asks for nothing. */
  public static final int IGNORED = -100;

  public Batch {
    if (starts.length < 2) {
      throw invalid("at least 2 starts (a document and the end)", starts.length + "");
    }
    if (starts[0] != 0 || starts[starts.length - 1] != tokens.length) {
      throw invalid("starts from 0 to " + tokens.length, starts[0] + " to " + starts[starts.length - 1]);
    }
    if (labels != null && labels.length != tokens.length) {
      throw invalid(tokens.length + " labels, one for each token", labels.length + "");
    }
    if (weights != null && weights.length != tokens.length) {
      throw invalid(tokens.length + " weights, one for each token", weights.length + "");
    }
  }

  /** One document without labels. */
  public static Batch of(int... tokens) {
    return new Batch(tokens, new int[] {0, tokens.length}, null, null);
  }

  /** Several documents without labels. */
  public static Batch pack(List<int[]> documents) {
    return pack(documents, null);
  }

  /** Several documents with the labels of each; labels may be null. */
  public static Batch pack(List<int[]> documents, List<int[]> labels) {
    if (labels != null && labels.size() != documents.size()) {
      throw invalid(documents.size() + " rows of labels, one for each document", labels.size() + "");
    }
    var starts = new int[documents.size() + 1];
    for (int i = 0; i < documents.size(); i++) {
      starts[i + 1] = Math.addExact(starts[i], documents.get(i).length);
      if (labels != null && labels.get(i).length != documents.get(i).length) {
        throw invalid(documents.get(i).length + " labels for document " + i, labels.get(i).length + "");
      }
    }
    return new Batch(join(documents, starts), starts, labels == null ? null : join(labels, starts), null);
  }

  /** The same tokens with these labels. */
  public Batch withLabels(int[] labels) {
    return new Batch(tokens, starts, labels, weights);
  }

  /** The same tokens and labels with these weights. */
  public Batch withWeights(float[] weights) {
    return new Batch(tokens, starts, labels, weights);
  }

  /** Number of tokens. */
  public int length() {
    return tokens.length;
  }

  /** Fills a zeroed struct; what it points to lives as long as the open scope. */
  void fill(LsBatch batch) {
    batch.tokens(tokens.length).ids(new IntPointer(tokens));
    batch.documents(starts.length - 1).starts(new LongPointer(Arrays.stream(starts).asLongStream().toArray()));
    if (labels != null) {
      batch.labels(new IntPointer(labels));
    }
    if (weights != null) {
      batch.weights(new FloatPointer(weights));
    }
  }

  private static int[] join(List<int[]> parts, int[] starts) {
    var all = new int[starts[starts.length - 1]];
    for (int i = 0; i < parts.size(); i++) {
      System.arraycopy(parts.get(i), 0, all, starts[i], parts.get(i).length);
    }
    return all;
  }

  private static EngineException invalid(String expected, String found) {
    return new EngineException(EngineException.INVALID, "batch: expected " + expected + " but found " + found);
  }
}
