package dev.lodestone.synth;

import dev.lodestone.LodestoneException;
import dev.lodestone.data.ChatTemplate;
import dev.lodestone.data.MdqaRecord;
import dev.lodestone.data.QaPrompt;
import dev.lodestone.data.QaPrompt.Document;
import dev.lodestone.data.Sample;
import dev.lodestone.io.Json;
import dev.lodestone.metrics.Normalize;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.function.ToIntFunction;

/**
 * Real multi-document questions packed anew: another number of documents, another place of the gold one. The
 * distractors are the record's own, in their order, as the published files of fewer documents have them; where more are
 * wanted, passages found for other questions follow that hold none of the answers ({@code meta.borrowed} counts them:
 * such a sample is easier than a published one). Prompt and spans: {@link QaPrompt}. Samples run through the places
 * first, then the records.
 */
public final class MdqaTask implements Generator {
  /**
   * What the samples are made of.
   *
   * @param documents of a prompt; 0 for as many as fit into the context length
   * @param contextLength tokens of the whole prompt, never exceeded; 0 for any, if documents are given
   * @param goldPositions places of the gold document, from 0; none for {@code depths} places in equal steps
   */
  public record Options(int documents, int contextLength, List<Integer> goldPositions, int depths, QaPrompt.Style style,
      ChatTemplate chat, long seed) {
    public Options {
      goldPositions = List.copyOf(goldPositions);
    }
  }

  private final Options options;
  private final List<MdqaRecord> records;
  private final ToIntFunction<String> tokens;
  private final List<Document> passages; // all distractors, each once

  /** @param tokens counts the tokens of a prompt; may be null if the number of documents is given and no length */
  public MdqaTask(Options options, List<MdqaRecord> records, ToIntFunction<String> tokens) {
    if (options.documents() < 0 || options.depths() < 1 || options.contextLength() < 0
        || options.goldPositions().stream().anyMatch(p -> p < 0)) {
      throw new LodestoneException("Expected a number of documents, depths and gold positions that are not negative.");
    }
    if (options.documents() == 0 && options.contextLength() == 0) {
      throw new LodestoneException("Expected a context length or a number of documents for the task mdqa"
          + " but found neither.");
    }
    this.options = options;
    this.records = records.stream().filter(r -> r.gold().length == 1).toList();
    this.tokens = tokens;
    if (this.records.isEmpty()) {
      throw new LodestoneException("Expected questions with one gold document but found none among " + records.size()
          + ".");
    }
    var distinct = new LinkedHashSet<Document>();
    this.records.forEach(r -> r.documents().stream().filter(d -> !d.gold()).forEach(distinct::add));
    passages = List.copyOf(distinct);
  }

  @Override
  public String task() {
    return "mdqa";
  }

  @Override
  public Sample sample(long index) {
    int places = options.goldPositions().isEmpty() ? options.depths() : options.goldPositions().size();
    int number = (int) (index / places % records.size());
    var distractors = new Distractors(records.get(number), new SplitMix(options.seed(), number));
    int wanted = options.documents() > 0 ? options.documents() - 1 : fit(index, number, distractors);
    if (!distractors.reach(wanted)) {
      throw new LodestoneException("Expected a source with " + wanted
          + " documents to stand beside the gold one but found "
          + distractors.found.size() + "; add more files with --source.");
    }
    var sample = render(index, number, distractors, wanted);
    if (options.contextLength() > 0) {
      int found = tokens.applyAsInt(sample.prompt());
      if (found > options.contextLength()) {
        throw new LodestoneException("Expected a context length of at least " + found + " tokens for " + (wanted + 1)
            + " documents but found " + options.contextLength() + ".");
      }
      sample.meta().put("context_length", options.contextLength()).put("tokens", found);
    }
    return sample;
  }

  /** How many distractors fit; at least as many as the place of the gold document asks for. */
  private int fit(long index, int number, Distractors distractors) {
    int least = options.goldPositions().isEmpty() ? 0 : place(index, Integer.MAX_VALUE);
    int most = passages.size();
    int more = Fit.largest(most - Math.min(least, most), options.contextLength(), n -> distractors.reach(least + n)
        ? tokens.applyAsInt(render(index, number, distractors, least + n).prompt()) : Integer.MAX_VALUE);
    return least + Math.max(more, 0);
  }

  private int place(long index, int distractors) {
    var positions = options.goldPositions();
    return positions.isEmpty() ? (int) Math.round(distractors * (Axes.depth(index, options.depths()) / 100.0))
        : positions.get((int) (index % positions.size()));
  }

  private Sample render(long index, int number, Distractors distractors, int count) {
    var record = records.get(number);
    int gold = place(index, count);
    if (gold > count) {
      throw new LodestoneException("Expected a gold position below the " + (count + 1) + " documents but found " + gold
          + ".");
    }
    List<Document> documents = new ArrayList<>(distractors.found.subList(0, count));
    documents.add(gold, record.documents().get(record.gold()[0]));
    var meta = Json.mapper().createObjectNode().put("seed", options.seed()).put("index", index)
        .put("needle", Axes.id(Needle.REAL)).put("haystack", Axes.id(Haystack.REAL)).put("record", number)
        .put("documents", count + 1).put("borrowed", Math.max(0, count - distractors.own));
    meta.putArray("gold").add(gold);
    return options.chat().wrap(QaPrompt.render("mdqa-" + index, "mdqa", record.question(), record.answers(), documents,
        options.style(), meta));
  }

  /**
   * The record's own distractors, then others without its answers in an order of chance, found as they are asked for.
   */
  private final class Distractors {
    private final List<Document> found = new ArrayList<>();
    private final int own;
    private final List<String> answers;
    private final SplitMix random;
    private Iterator<Document> others;

    Distractors(MdqaRecord record, SplitMix random) {
      record.documents().stream().filter(d -> !d.gold()).forEach(found::add);
      own = found.size();
      answers = record.answers().stream().map(Normalize.SQUAD::apply).filter(a -> !a.isEmpty()).toList();
      this.random = random;
    }

    /** Whether there are that many. */
    boolean reach(int count) {
      if (found.size() < count && others == null) {
        var known = new HashSet<>(found);
        var shuffled = new ArrayList<>(passages);
        shuffled.removeIf(known::contains);
        random.shuffle(shuffled);
        others = shuffled.iterator();
      }
      while (found.size() < count && others.hasNext()) {
        var passage = others.next();
        var text = Normalize.SQUAD.apply(passage.title() + " " + passage.text());
        if (answers.stream().noneMatch(text::contains)) {
          found.add(passage);
        }
      }
      return found.size() >= count;
    }
  }
}
