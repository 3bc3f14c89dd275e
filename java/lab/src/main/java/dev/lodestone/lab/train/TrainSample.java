package dev.lodestone.lab.train;

/**
 * One row to learn from.
 *
 * @param id the sample's id, for messages
 * @param tokens (n) token ids
 * @param labels (n) the token at each position where it is to be learned, −100 where not
 * @param lengths lengths of the documents that the row is packed from; they add up to n
 * @param weight how much each of its labels counts in the mean loss of a step
 */
record TrainSample(String id, int[] tokens, int[] labels, int[] lengths, double weight) {
  /** The label that is not learned, as in PyTorch and Hugging Face. */
  static final int IGNORED = -100;

  /** Labels that a preceding token of the same document predicts: what the loss is a mean over. */
  int labelled() {
    int count = 0;
    int start = 0;
    for (int length : lengths) {
      for (int i = start + 1; i < start + length; i++) { // nothing predicts the first token of a document
        count += labels[i] == IGNORED ? 0 : 1;
      }
      start += length;
    }
    return count;
  }

  int longest() {
    int longest = 0;
    for (int length : lengths) {
      longest = Math.max(longest, length);
    }
    return longest;
  }
}
