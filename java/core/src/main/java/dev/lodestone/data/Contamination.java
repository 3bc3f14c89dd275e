package dev.lodestone.data;

import dev.lodestone.LodestoneException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;

/**
 * Whether samples share runs of words with evaluation data. Texts are compared as Brown et al. 2020 (arXiv 2005.14165)
 * do, by runs of n words (13 there), lower-cased and without punctuation; a word is a run of letters, marks and digits.
 * Documents, question (the whole prompt where these are not marked) and accepted answers are compared, each by itself.
 *
 * <p>Of the evaluation files only 64-bit hashes of the runs are kept, 8 bytes each: of m runs a sample's run meets one
 * by accident with a chance of m / 2^64. Safe for use from several threads.
 */
public final class Contamination {
  private static final int MOST_RUNS = 1 << 27; // 1 GiB

  /**
   * What was found so far.
   *
   * @param n words of a run
   * @param evaluationRuns different runs of the evaluation files
   * @param samples that were compared
   * @param touched of them, those that share a run
   */
  public record Report(int n, List<String> files, long evaluationRuns, long samples, long touched) {
    /** Of the samples; 0 if there are none. */
    public double share() {
      return samples == 0 ? 0 : (double) touched / samples;
    }
  }

  private final int n;
  private final List<String> files;
  private final long[] hashes; // ascending
  private final LongAdder samples = new LongAdder();
  private final LongAdder touched = new LongAdder();

  private Contamination(int n, List<String> files, long[] hashes) {
    this.n = n;
    this.files = files;
    this.hashes = hashes;
  }

  /** Reads evaluation files of any format of {@link Samples} as they stream; refuses those without a run of n words. */
  public static Contamination of(List<Path> files, int n) {
    if (n < 1) {
      throw new LodestoneException("Expected runs of at least 1 word but found " + n + ".");
    }
    var found = new Hashes();
    for (var file : files) {
      long before = found.size;
      try (var samples = Samples.streamText(file, Samples.Format.AUTO)) {
        samples.forEach(sample -> WordRuns.any(sample, n, hash -> {
          found.add(hash, file);
          return false;
        }));
      }
      if (found.size == before) {
        throw new LodestoneException(file + ": expected a text of at least " + n + " words to compare with but found"
            + " none.");
      }
    }
    return new Contamination(n, files.stream().map(f -> f.getFileName().toString()).toList(), found.sorted());
  }

  /** Whether a sample shares a run with the evaluation files; it is counted. */
  public boolean touches(Sample sample) {
    boolean found = WordRuns.any(sample, n, hash -> Arrays.binarySearch(hashes, hash) >= 0);
    samples.increment();
    if (found) {
      touched.increment();
    }
    return found;
  }

  public Report report() {
    return new Report(n, files, hashes.length, samples.sum(), touched.sum());
  }

  /** Hashes as they come, with repetitions until they are sorted. */
  private static final class Hashes {
    private long[] values = new long[1 << 12];
    private int size;

    void add(long hash, Path file) {
      if (size == values.length) {
        if (size >= MOST_RUNS) {
          throw new LodestoneException(file + ": expected evaluation files of at most " + MOST_RUNS
              + " runs of words but found more; compare with fewer files at a time.");
        }
        values = Arrays.copyOf(values, 2 * size);
      }
      values[size++] = hash;
    }

    long[] sorted() {
      Arrays.sort(values, 0, size);
      int kept = 0;
      for (int i = 0; i < size; i++) {
        if (i == 0 || values[i] != values[i - 1]) {
          values[kept++] = values[i];
        }
      }
      return Arrays.copyOf(values, kept);
    }
  }
}
