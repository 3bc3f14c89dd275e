package dev.lodestone.lab.intervene;

import dev.lodestone.LodestoneException;
import dev.lodestone.heads.Head;
import dev.lodestone.synth.SplitMix;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Random heads to compare named ones with: for each named head another one of its layer, so that a difference is not
 * one of depth. Where a layer has too few others, the nearest layer that has one left stands in (our choice).
 *
 * @param draws each as many heads as were named, none twice, in ascending order
 * @param offLayer how many heads of each draw are from another layer than the one they stand for
 */
public record MatchedHeads(List<List<Head>> draws, int offLayer) {
  /**
   * Draws that follow from the seed.
   *
   * @param excluded never drawn; the named heads are not drawn either
   * @param layers of the model, each of {@code heads} heads
   */
  public static MatchedHeads draw(
      List<Head> named, Collection<Head> excluded, int layers, int heads, int draws, long seed) {
    var pool = IntStream.range(0, layers).boxed()
        .flatMap(layer -> IntStream.range(0, heads).mapToObj(head -> new Head(layer, head)))
        .filter(head -> !named.contains(head) && !excluded.contains(head)).toList();
    if (pool.size() < named.size()) {
      throw new LodestoneException("expected at least " + named.size()
          + " other heads to draw random ones from but found " + pool.size() + "; name or exclude fewer");
    }
    int offLayer = IntStream.range(0, layers)
        .map(layer -> Math.max(0, (int) (inLayer(named, layer).count() - inLayer(pool, layer).count()))).sum();
    return new MatchedHeads(IntStream.range(0, draws)
        .mapToObj(draw -> one(named, pool, new SplitMix(seed, ((long) named.size() << 32) + draw))).toList(), offLayer);
  }

  private static Stream<Head> inLayer(List<Head> heads, int layer) {
    return heads.stream().filter(head -> head.layer() == layer);
  }

  private static List<Head> one(List<Head> named, List<Head> pool, SplitMix random) {
    var left = new ArrayList<>(pool);
    random.shuffle(left);
    var drawn = new ArrayList<Head>();
    var alone = new ArrayList<Head>();
    for (Head head : named) {
      inLayer(left, head.layer()).findFirst().ifPresentOrElse(other -> {
        drawn.add(other);
        left.remove(other);
      }, () -> alone.add(head));
    }
    for (Head head : alone) { // after those that have one of their own layer
      Head nearest = left.stream().min(Comparator.comparingInt(other -> Math.abs(other.layer() - head.layer())))
          .orElseThrow();
      drawn.add(nearest);
      left.remove(nearest);
    }
    return drawn.stream().sorted().toList();
  }
}
