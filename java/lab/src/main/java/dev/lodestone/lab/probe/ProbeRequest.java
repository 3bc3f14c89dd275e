package dev.lodestone.lab.probe;

import dev.lodestone.LodestoneException;
import dev.lodestone.data.Span;
import dev.lodestone.data.TokenSample;
import dev.lodestone.engine.Batch;
import dev.lodestone.engine.Probe.Stat;
import dev.lodestone.heads.Head;
import dev.lodestone.model.ModelConfig;
import java.util.List;
import java.util.Set;

/**
 * What to measure of each sample.
 *
 * @param rows query rows of the statistics
 * @param stats statistics of the attention probabilities over these rows
 * @param knockout heads removed from the pass
 * @param patched heads whose outputs come from the donor's pass, row by row
 * @param donors one sample for all or one for each; empty if nothing is patched
 * @param generate tokens to decode greedily after the sample, with the knockout in place; 0 for none
 * @param gradients the loss of the sample's labels and its gradients for all parameters
 */
public record ProbeRequest(RowRange rows, Set<Stat> stats, Knockout knockout, List<Head> patched,
    List<TokenSample> donors, int generate, boolean gradients) {
  /** Logits alone. */
  public static ProbeRequest logits() {
    return new ProbeRequest(RowRange.ALL, Set.of(), Knockout.NONE, List.of(), List.of(), 0, false);
  }

  /** The donor of the k-th sample. */
  TokenSample donor(int k) {
    return donors.get(donors.size() == 1 ? 0 : k);
  }

  /** Whether all of it can be done: before any memory is taken. */
  public void check(ModelConfig config, List<TokenSample> samples) {
    Knockout.check(knockout.heads(), config);
    Knockout.check(patched, config);
    if (generate < 0) {
      throw new LodestoneException("expected 0 or more tokens to generate but found " + generate);
    }
    if (patched.isEmpty() != donors.isEmpty()) {
      throw new LodestoneException("patching needs both the donor's samples and the heads to take from it");
    }
    if (donors.size() > 1 && donors.size() != samples.size()) {
      throw new LodestoneException("expected one donor sample, or one for each of the " + samples.size()
          + " samples, but found " + donors.size());
    }
    if (gradients && !(knockout.heads().isEmpty() && patched.isEmpty())) {
      throw new LodestoneException("gradients are those of the model as it is: leave out the knockout or the patch");
    }
    for (int k = 0; k < samples.size(); k++) {
      check(config, samples.get(k), k);
    }
  }

  private void check(ModelConfig config, TokenSample sample, int k) {
    int tokens = sample.tokens().length;
    rows.resolve(tokens, sample.id());
    for (Span span : sample.spans()) {
      if (span.start() < 0 || span.end() > tokens || span.start() > span.end()) {
        throw new LodestoneException("sample " + sample.id() + ": expected span " + span.name() + " within its "
            + tokens + " tokens but found [" + span.start() + ", " + span.end() + ")");
      }
    }
    if (gradients && (sample.labels() == null || !hasLabel(sample))) {
      throw new LodestoneException("sample " + sample.id() + ": expected labels for the gradients but found none");
    }
    if (generate > 0 && sample.packedLengths() != null) {
      throw new LodestoneException("sample " + sample.id() + ": expected one document to continue but found "
          + sample.packedLengths().length + " packed ones");
    }
    if (generate > 0 && !patched.isEmpty()) {
      throw new LodestoneException("patched outputs belong to the sample's rows: there are none for generated tokens");
    }
    if (!donors.isEmpty() && donor(k).tokens().length != tokens) {
      throw new LodestoneException("sample " + sample.id() + ": expected a donor of the same length, " + tokens
          + " tokens, but found one of " + donor(k).tokens().length);
    }
  }

  private static boolean hasLabel(TokenSample sample) {
    for (int i = 1; i < sample.labels().length; i++) {
      if (sample.labels()[i] != Batch.IGNORED) {
        return true;
      }
    }
    return false;
  }
}
