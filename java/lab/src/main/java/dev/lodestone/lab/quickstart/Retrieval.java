package dev.lodestone.lab.quickstart;

import dev.lodestone.data.Span;
import dev.lodestone.data.TokenSample;
import dev.lodestone.engine.Batch;
import dev.lodestone.engine.Edit;
import dev.lodestone.engine.Model;
import dev.lodestone.engine.Pass;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * How many tokens of the answers a model gets right. The answers are read, not generated: a wrong token does not spoil
 * those after it.
 *
 * @param right tokens of answers whose logit is the highest
 * @param of tokens of answers
 */
public record Retrieval(int right, int of) {
  /** Tokens of one pass. */
  private static final int PASS = 4_096;

  /** The share of right tokens. */
  public double share() {
    return (double) right / of;
  }

  /** For example {@code 0.93 of 4,096 tokens}. */
  @Override
  public String toString() {
    return "%.2f of %,d tokens".formatted(share(), of);
  }

  /** Asks the model all trials, with some heads edited. */
  static Retrieval measure(Model model, List<TokenSample> trials, List<Edit> edits) {
    int right = 0;
    int of = 0;
    var documents = new ArrayList<int[]>();
    int tokens = 0;
    for (TokenSample trial : trials) {
      int[] document = withAnswer(trial);
      if (tokens + document.length > PASS && !documents.isEmpty()) {
        right += right(model, documents, edits);
        documents.clear();
        tokens = 0;
      }
      documents.add(document);
      tokens += document.length;
      of += NeedleText.ANSWER;
    }
    return new Retrieval(right + right(model, documents, edits), of);
  }

  private static int[] withAnswer(TokenSample trial) {
    Span answer = trial.spans().get(0);
    int prompt = trial.tokens().length;
    int[] document = Arrays.copyOf(trial.tokens(), prompt + NeedleText.ANSWER);
    System.arraycopy(trial.tokens(), answer.start(), document, prompt, NeedleText.ANSWER);
    return document;
  }

  private static int right(Model model, List<int[]> documents, List<Edit> edits) {
    Batch batch = Batch.pack(documents);
    int[] rows = new int[documents.size() * NeedleText.ANSWER];
    for (int i = 0; i < rows.length; i++) { // the row before a token predicts it
      int end = batch.starts()[i / NeedleText.ANSWER + 1];
      rows[i] = end - NeedleText.ANSWER + i % NeedleText.ANSWER - 1;
    }
    FloatBuffer logits = model.forward(batch, Pass.of().edits(edits).logitRows(rows)).logits();
    int vocabulary = model.config().vocabulary();
    int right = 0;
    for (int i = 0; i < rows.length; i++) {
      right += highest(logits, i * vocabulary, vocabulary) == batch.tokens()[rows[i] + 1] ? 1 : 0;
    }
    return right;
  }

  private static int highest(FloatBuffer logits, int from, int count) {
    int best = 0;
    for (int i = 1; i < count; i++) {
      if (logits.get(from + i) > logits.get(from + best)) {
        best = i;
      }
    }
    return best;
  }
}
