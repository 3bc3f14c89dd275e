package dev.lodestone.synth;

import dev.lodestone.LodestoneException;
import dev.lodestone.data.PromptTemplate;
import java.util.List;
import java.util.function.Supplier;

/** The tasks over documents, put together from the two axes of realism. */
public final class DocumentTasks {
  /** Names of the tasks. */
  public static final List<String> NAMES = List.of("mdqa", "musique", "summhay");

  private static final int FILLER_WORDS = 90; // about as long as a passage of Wikipedia in MDQA

  /**
   * What a set is made of.
   *
   * @param factsFromSource whether the facts that needles express are those of the real source, not of a made world
   * @param hops of MuSiQue's questions, in turns
   * @param insights of a made SummHay topic
   * @param pool number of documents that a varied haystack of written ones is drawn from
   */
  public record Recipe(String task, Needle needle, Haystack haystack, boolean factsFromSource, List<Integer> hops,
      int insights, int pool, WorldProblems.Options worlds, DocumentTask.Options layout) {
    public Recipe {
      hops = List.copyOf(hops);
      if (!NAMES.contains(task)) {
        throw new LodestoneException("Expected a task among " + String.join(", ", NAMES) + " but found \"" + task
            + "\".");
      }
      if (hops.isEmpty() || hops.stream().anyMatch(h -> h < 2 || h > 4)) {
        throw new LodestoneException("Expected 2 to 4 hops but found " + hops + ".");
      }
      if (pool < 1) {
        throw new LodestoneException("Expected at least 1 document to draw from but found " + pool + ".");
      }
      if (insights < 2) {
        throw new LodestoneException("Expected at least 2 insights of a topic but found " + insights + ".");
      }
      if (factsFromSource && (needle == Needle.REAL || task.equals("summhay"))) {
        throw new LodestoneException("Expected facts of a source for a made needle of mdqa or musique but found them for"
            + " the needle " + Axes.id(needle) + " of " + task + ".");
      }
    }

    /** Whether real questions or passages are needed. */
    public boolean usesSource() {
      return needle == Needle.REAL || haystack == Haystack.REAL || factsFromSource;
    }
  }

  private DocumentTasks() {}

  /**
   * @param real the source's questions; asked for only if the recipe uses them
   */
  public static DocumentTask create(Recipe recipe, Supplier<List<Problem>> real, PromptTemplate template, Budget budget) {
    List<Problem> problems = recipe.usesSource() ? real.get() : List.of();
    var surroundings = switch (recipe.haystack()) {
      case REAL -> Surroundings.real(RealProblems.passages(problems));
      case VARIED -> recipe.needle() != Needle.WRITTEN ? Surroundings.varied()
          : Surroundings.pooled(recipe.worlds().scenes(), recipe.pool(), recipe.layout().seed());
      case REPEATED -> Surroundings.repeated(FILLER_WORDS);
    };
    return new DocumentTask(recipe.task(), recipe.needle(), recipe.haystack(), recipe.layout(),
        source(recipe, problems), surroundings, template, budget);
  }

  private static Problem.Source source(Recipe recipe, List<Problem> real) {
    if (recipe.needle() == Needle.REAL) {
      return RealProblems.source(recipe.task(), real, recipe.haystack() == Haystack.REAL, recipe.worlds().scenes());
    }
    if (recipe.factsFromSource()) {
      return SourceFacts.source(real, recipe.worlds());
    }
    return switch (recipe.task()) {
      case "mdqa" -> WorldProblems.mdqa(recipe.worlds());
      case "musique" -> WorldProblems.musique(recipe.worlds(), recipe.hops());
      default -> WorldProblems.summHay(recipe.worlds(), recipe.insights());
    };
  }
}
