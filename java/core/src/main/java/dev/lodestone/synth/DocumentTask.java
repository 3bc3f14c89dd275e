package dev.lodestone.synth;

import dev.lodestone.LodestoneException;
import dev.lodestone.data.ChatTemplate;
import dev.lodestone.data.PromptTemplate;
import dev.lodestone.data.Sample;
import dev.lodestone.synth.world.Passage;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A question over numbered documents: MDQA, MuSiQue and the citations of SummHay differ in where the question comes
 * from ({@link Problem.Source}), what stands around its needles ({@link Surroundings}) and how it is put
 * ({@link PromptTemplate}). As many documents as the budget holds, or a fixed number.
 *
 * <p>MDQA's needle runs through given positions, then comes the next question, as in Liu et al. 2023. Without positions
 * every sample has a question of its own and the needle stands at each depth equally often, in an order of chance. The
 * needles of the other tasks stand at places of chance. Spans: {@code document:i}; {@code needle} for each document that has to be found and
 * {@code distractor:i} for the others; those of a needle's text; {@code query}.
 */
public final class DocumentTask implements Generator {
  /**
   * How the samples are laid out.
   *
   * @param documents of a prompt; 0 for as many as fit into the budget
   * @param positions of a single needle, from 0; none for {@code depths} places in equal steps
   */
  public record Options(int documents, List<Integer> positions, int depths, ChatTemplate chat, long seed) {
    public Options {
      positions = List.copyOf(positions);
      if (documents < 0 || depths < 1 || positions.stream().anyMatch(p -> p < 0)) {
        throw new LodestoneException("Expected a number of documents, depths and positions that are not negative.");
      }
    }
  }

  private static final int MOST_DOCUMENTS = 1 << 20;
  private static final int MOST_DRAWS = 5;
  private static final long PLACES = 0x706c61636573L; // sets the streams of chance of questions and places apart

  private final String task;
  private final Needle needle;
  private final Haystack haystack;
  private final boolean oneNeedle;
  private final Options options;
  private final Problem.Source source;
  private final Surroundings surroundings;
  private final PromptTemplate template;
  private final Budget budget;

  /** A LodestoneException if neither a number of documents nor a budget says how long a prompt is. */
  public DocumentTask(String task, Needle needle, Haystack haystack, Options options, Problem.Source source,
      Surroundings surroundings, PromptTemplate template, Budget budget) {
    if (options.documents() == 0 && !budget.isLimited()) {
      throw new LodestoneException("Expected a context length or a number of documents for the task " + task
          + " but found neither.");
    }
    this.task = task;
    this.needle = needle;
    this.haystack = haystack;
    oneNeedle = task.equals("mdqa");
    this.options = options;
    this.source = source;
    this.surroundings = surroundings;
    this.template = template;
    this.budget = budget;
  }

  @Override
  public String task() {
    return task;
  }

  @Override
  public Sample sample(long index) {
    boolean grid = oneNeedle && !options.positions().isEmpty();
    long number = grid ? index / options.positions().size() : index;
    var random = new SplitMix(options.seed(), number);
    var problem = withinReach(problem(number, random), random);
    var places = new Places(problem.needles().size(), index, new SplitMix(options.seed() ^ PLACES, index));
    var documents = new Documents(problem, surroundings.open(problem, random));
    var layout = new DocumentLayout(task + "-" + index, task, problem, template, options.chat());
    var laid = options.documents() > 0 ? fixed(documents, problem, layout, places)
        : fit(documents, problem, layout, places);
    var meta = laid.sample.meta();
    meta.put("seed", options.seed()).put("index", index).put("needle", Axes.id(needle))
        .put("haystack", Axes.id(haystack)).put("documents", laid.others + problem.needles().size())
        .put("borrowed", Math.max(0, laid.others - problem.distractors().size()));
    if (budget.isLimited()) {
      meta.put("context_length", budget.limit()).put(budget.unit(), laid.size);
    }
    return laid.sample;
  }

  /** @param others documents beside the needles */
  private record Laid(Sample sample, int others, int size) {}

  /** The question of that number; if a writer gives one of its documents up, another draw of it. */
  private Problem problem(long number, SplitMix random) {
    for (int attempt = 1; ; attempt++) {
      try {
        return source.problem(number, random);
      } catch (Written.Dropped e) {
        if (attempt == MOST_DRAWS) {
          throw e;
        }
      }
    }
  }

  /** Of the documents to be cited a chance choice, at least one, if all would take more than half of the prompt. */
  private Problem withinReach(Problem problem, SplitMix random) {
    if (!problem.cites()) {
      return problem;
    }
    List<Passage> needles = new ArrayList<>(problem.needles());
    random.shuffle(needles);
    long room = budget.limit() / 2;
    int keep = 0;
    while (keep < needles.size() && (options.documents() == 0 || keep < Math.max(1, options.documents() / 2))) {
      room -= budget.isLimited() ? budget.estimate(needles.get(keep).text()) : 0;
      if (room < 0 && keep > 0) {
        break;
      }
      keep++;
    }
    return problem.withNeedles(needles.subList(0, keep));
  }

  private Laid fixed(Documents documents, Problem problem, DocumentLayout layout, Places places) {
    int others = options.documents() - problem.needles().size();
    if (others < 0) {
      throw new LodestoneException("Expected at least " + problem.needles().size() + " documents, for the needles of"
          + " \"" + problem.question() + "\", but found " + options.documents() + ".");
    }
    if (!documents.reach(others)) {
      throw new LodestoneException("Expected a source with " + others + " documents to stand beside the needles but"
          + " found " + documents.found.size() + "; add more files with --source.");
    }
    var laid = lay(documents, others, layout, places);
    if (laid.size > budget.limit()) {
      throw tooShort(laid, options.documents());
    }
    return laid;
  }

  private Laid lay(Documents documents, int others, DocumentLayout layout, Places places) {
    var sample = layout.render(documents.first(others), places);
    return new Laid(sample, others, budget.isLimited() ? budget.measure(sample.prompt()) : 0);
  }

  private LodestoneException tooShort(Laid laid, int documents) {
    return new LodestoneException("Expected a context length of at least " + laid.size + " " + budget.unit() + " for "
        + documents + " documents but found " + budget.limit() + ".");
  }

  /**
   * The most documents that fit. The pieces are counted one by one, then the whole prompt once; pieces next to each
   * other may share a token, so a document more or less is tried until the whole says so.
   */
  private Laid fit(Documents documents, Problem problem, DocumentLayout layout, Places places) {
    long used = layout.estimate(budget);
    int least = places.least();
    int count = 0;
    while (count < MOST_DOCUMENTS && documents.reach(count + 1)) {
      int next = layout.estimate(budget, documents.found.get(count), count + 1 + problem.needles().size());
      if (used + next > budget.limit() && count >= least) {
        break;
      }
      used += next;
      count++;
    }
    Laid fits = null;
    int over = Integer.MAX_VALUE; // so many do not fit
    while (true) {
      var laid = lay(documents, count, layout, places);
      if (laid.size > budget.limit()) {
        over = count;
        if (fits != null) {
          return fits;
        }
        if (count <= least) {
          throw tooShort(laid, count + problem.needles().size());
        }
        count--;
      } else {
        fits = laid;
        boolean more = count + 1 < over && documents.reach(count + 1) && laid.size
            + layout.estimate(budget, documents.found.get(count), count + 1 + problem.needles().size())
            <= budget.limit();
        if (!more) {
          return fits;
        }
        count++;
      }
    }
  }

  /** Where the needles stand among {@code count} other documents; steady as the count changes. */
  final class Places {
    private final double[] fractions; // of the other documents that stand before each needle
    private final int fixed;

    Places(int needles, long index, SplitMix random) {
      fractions = new double[needles];
      var positions = options.positions();
      fixed = oneNeedle && !positions.isEmpty() ? positions.get((int) (index % positions.size())) : -1;
      for (int i = 0; i < needles; i++) {
        fractions[i] = oneNeedle ? depth(index) / 100.0 : random.nextInt(1 << 20) * 0x1p-20;
      }
    }

    /** Percent. In every run of as many samples each depth comes once; a record that comes again stands elsewhere. */
    private int depth(long index) {
      List<Integer> order = new ArrayList<>(IntStream.range(0, options.depths()).boxed().toList());
      new SplitMix(options.seed() ^ PLACES, -1 - index / options.depths()).shuffle(order);
      return Axes.depth(order.get((int) (index % options.depths())), options.depths());
    }

    /** The fewest other documents that the places ask for. */
    int least() {
      return Math.max(fixed, 0);
    }

    /** How many of {@code count} other documents stand before a needle. */
    int before(int needle, int count) {
      if (fixed > count) {
        throw new LodestoneException("Expected a position of the needle below the " + (count + 1)
            + " documents but found " + fixed + ".");
      }
      return fixed >= 0 ? fixed : (int) Math.round(fractions[needle] * count);
    }
  }

  /** The documents beside the needles: the problem's own, then those of the surroundings, found as they are asked for. */
  private static final class Documents {
    private final List<Passage> found;
    private final Surroundings.Passages more;

    Documents(Problem problem, Surroundings.Passages more) {
      found = new ArrayList<>(problem.distractors());
      this.more = more;
    }

    /** Whether there are that many. */
    boolean reach(int count) {
      while (found.size() < count) {
        var next = more.next();
        if (next == null) {
          return false;
        }
        found.add(next);
      }
      return true;
    }

    List<Passage> first(int count) {
      return found.subList(0, count);
    }
  }
}
