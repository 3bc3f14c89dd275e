package dev.lodestone.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.data.Sample;
import dev.lodestone.data.Samples;
import dev.lodestone.data.Samples.Format;
import dev.lodestone.data.SharedFiles;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Published files read, rendered and scored end to end with models that know nothing, where the files are there. */
class RealDataTest {
  private int samples;

  /** The mean over a file. */
  private double score(String file, Metric metric, Function<Sample, String> model) {
    double sum = 0;
    try (var stream = Samples.streamText(SharedFiles.get("data/" + file), Format.AUTO)) {
      for (var it = stream.iterator(); it.hasNext(); samples++) {
        var sample = it.next();
        metric.check(sample);
        sum += metric.score(Prediction.of(model.apply(sample)), sample);
      }
    }
    return sum;
  }

  private static String shown(Sample sample) {
    return sample.prompt().replace('\n', ' ');
  }

  /** The published haystacks; 0.175 is known from the sizes of their citation lists alone. */
  @Test
  void citingEveryArticleScores17Percent() {
    var everything = IntStream.rangeClosed(1, 100).mapToObj(i -> "[" + i + "]").collect(Collectors.joining());
    double sum = 0;
    for (int news : new int[] {1, 2, 4}) {
      sum += score("summhay_topic_news" + news + ".core.json.gz", Metric.CITATION_F1, s -> everything);
    }
    assertEquals(203, samples);
    assertEquals(0.175, sum / samples, 5e-4);
  }

  /** The whole prompt as the answer holds every answer; its F1 is small. */
  @ParameterizedTest
  @CsvSource({
    "nq-open-10_total_documents_gold_at_4.jsonl.gz,200", "nq-open-20_total_documents_gold_at_9.jsonl.gz,200",
    "derived-nq-open-30_documents_gold_at_14.jsonl.gz,200"})
  void theWholePromptHoldsTheAnswer(String file, int count) {
    assertEquals(count, score(file, Metric.BEST_SUBSPAN_EM, RealDataTest::shown));
    assertTrue(score(file, Metric.F1, RealDataTest::shown) / count < 0.01);
  }

  @ParameterizedTest
  @CsvSource({"musique_ans_v1.0_train.sample100.jsonl.gz,100", "hotpot_train.sample100.jsonl.gz,100",
    "2wikimultihopqa_dev.sample82.jsonl.gz,82"})
  void citingTheSupportingParagraphsIsRight(String file, int count) {
    assertEquals(count, score(file, Metric.SUPPORT_F1, s -> {
      var cited = new StringBuilder();
      s.meta().get("supports").forEach(i -> cited.append('[').append(i.asInt() + 1).append(']'));
      return cited.toString();
    }), 1e-9);
    assertEquals(count, score(file, Metric.EM, s -> s.answers().get(s.answers().size() - 1)));
  }

  @Test
  void readsMusiqueFull() {
    assertEquals(20, score("musique_full_v1.0.sample20.jsonl.gz", Metric.F1, s -> s.answers().get(0)));
  }
}
