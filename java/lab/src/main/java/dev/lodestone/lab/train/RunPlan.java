package dev.lodestone.lab.train;

import java.util.ArrayList;
import java.util.List;

/**
 * What a run is going to do and to take, known before its first step.
 *
 * @param samples to learn from
 * @param tokens of all of them
 * @param fromStep the step to go on after; 0: from the beginning
 * @param rope what changes in the rotary positions, line by line; empty if nothing does
 * @param memory of a step
 * @param costs of the mode (first) beside others
 * @param checkBytes what evaluation and detection take beside a step; 0 for none
 */
public record RunPlan(int samples, long tokens, long fromStep, List<String> rope, RecomputePolicy memory,
    List<ModeCost> costs, long checkBytes) {
  /** For people. */
  public List<String> lines() {
    var lines = new ArrayList<String>();
    lines.add("%,d samples, %,d tokens".formatted(samples, tokens));
    lines.addAll(rope);
    lines.add("mode " + ModeCost.compare(costs));
    lines.add(MemoryText.of(memory.plan())
        + (checkBytes == 0 ? "" : ", beside it evaluation " + MemoryText.of(checkBytes)));
    if (!memory.layers().isEmpty()) {
      lines.add(memory.toString());
    }
    if (fromStep > 0) {
      lines.add("resumed after step " + fromStep);
    }
    return lines;
  }
}
