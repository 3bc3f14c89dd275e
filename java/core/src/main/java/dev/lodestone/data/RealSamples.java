package dev.lodestone.data;

import dev.lodestone.io.Sha256;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.IntStream;
import java.util.zip.GZIPInputStream;

/**
 * A few real records of each published data set, there without a download. Origin and licences: the README beside them.
 */
public final class RealSamples {
  private RealSamples() {}

  /** 12 questions with 20 documents each, the gold one first. */
  public static List<MdqaRecord> mdqa() {
    return lines("mdqa.jsonl.gz").stream().map(MdqaRecord::of).toList();
  }

  /** 19 questions of two to four hops with 20 paragraphs each. */
  public static List<MusiqueRecord> musique() {
    var lines = lines("musique.jsonl.gz");
    return IntStream.range(0, lines.size()).mapToObj(i -> MusiqueRecord.of(lines.get(i), i)).toList();
  }

  /** A haystack of 100 documents and 72 insights. */
  public static SummHayTopic summHay() {
    return SummHayTopic.of(lines("summhay.json.gz").get(0));
  }

  /** Where the sample of {@code mdqa}, {@code musique} or {@code summhay} is from and under which licences. */
  public static DataCard.Source source(String task) {
    return switch (task) {
      case "mdqa" -> source("mdqa.jsonl.gz", "Lost in the Middle, 12 questions",
          "MIT; NQ-open CC BY-SA 3.0; Wikipedia CC BY-SA");
      case "musique" -> source("musique.jsonl.gz", "MuSiQue-Answerable v1.0, 19 questions",
          "CC BY 4.0; Wikipedia CC BY-SA");
      case "summhay" -> source("summhay.json.gz", "Summary of a Haystack, news2", "Apache-2.0");
      default -> throw new IllegalArgumentException(task);
    };
  }

  private static DataCard.Source source(String name, String origin, String licence) {
    try (var in = RealSamples.class.getResourceAsStream("sample/" + name)) {
      return new DataCard.Source(origin, Sha256.of(in), licence);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static List<Fields> lines(String name) {
    try (var in = new GZIPInputStream(RealSamples.class.getResourceAsStream("sample/" + name))) {
      var text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      return text.lines().map(line -> Fields.parse(line, "embedded " + name)).toList();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
