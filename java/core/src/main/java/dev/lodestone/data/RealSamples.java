package dev.lodestone.data;

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

  private static List<Fields> lines(String name) {
    try (var in = new GZIPInputStream(RealSamples.class.getResourceAsStream("sample/" + name))) {
      var text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      return text.lines().map(line -> Fields.parse(line, "embedded " + name)).toList();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
