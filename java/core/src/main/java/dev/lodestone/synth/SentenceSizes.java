package dev.lodestone.synth;

/** Remembered estimates of what each sentence of a text adds to a prompt. Safe for use from several threads. */
final class SentenceSizes {
  private final HaystackText text;
  private final Budget budget;
  private final int[] sizes; // 0: not known yet; threads that meet there write the same

  SentenceSizes(HaystackText text, Budget budget) {
    this.text = text;
    this.budget = budget;
    sizes = new int[text.sentences().size()];
  }

  /** With the blank or line feed before it; the text begins again after its last sentence. */
  int size(String separator, long index) {
    int i = (int) (index % sizes.length);
    int known = sizes[i];
    return known > 0 ? known : (sizes[i] = budget.estimate(separator + text.sentences().get(i)));
  }
}
