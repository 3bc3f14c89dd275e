package dev.lodestone.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.LodestoneException;
import dev.lodestone.data.Samples.Format;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Records of published data sets with all that they hold. */
class RecordsTest {
  private static final String MUSIQUE = """
      {"id": "2hop__1_2", "question": "q", "answer": "Stanley", "answer_aliases": ["S"], "answerable": false,\
      "paragraphs": [{"idx": 0, "title": "A", "paragraph_text": "a", "is_supporting": false},\
      {"idx": 1, "title": "B", "paragraph_text": "b", "is_supporting": true}],\
      "question_decomposition": [{"id": 1, "question": "where", "answer": "x", "paragraph_support_idx": 1},\
      {"id": 2, "question": "seat of #1", "answer": "Stanley", "paragraph_support_idx": null}]}""";
  private static final String HOTPOT = """
      {"_id": "h", "type": "bridge", "question": "who", "answer": "Ann", "supporting_facts": [["B", 1]],\
      "context": [["A", ["One."]], ["B", ["Two.", " Ann."]]], "evidences": [["B", "by", "Ann"]]}""";
  private static final String TOPIC = """
      {
        "topic_id": "t", "topic": "Banks",
        "subtopics": [{"subtopic_id": "s", "subtopic_name": "n", "subtopic": "falls", "query": "why",
          "insights": [{"insight_id": "i", "insight_name": "f", "insight": "It fell."}]}],
        "documents": [{"document_id": "d1", "document_text": "Up.", "insights_included": []},
          {"document_id": "d2", "document_text": "Down.", "insights_included": ["i"]}]
      }
      """;
  @TempDir Path dir;

  private Path file(String text) throws IOException {
    return Files.writeString(dir.resolve("d.jsonl"), text);
  }

  private static byte[] gzip(String text) throws IOException {
    var bytes = new ByteArrayOutputStream();
    try (var out = new GZIPOutputStream(bytes)) {
      out.write(text.getBytes(StandardCharsets.UTF_8));
    }
    return bytes.toByteArray();
  }

  @Test
  void musiqueKeepsItsHops() throws IOException {
    var record = MusiqueRecord.read(file(MUSIQUE)).get(0);
    assertEquals(List.of("Stanley", "S"), record.answers());
    assertEquals(1, record.decomposition().get(0).supportIndex());
    assertNull(record.decomposition().get(1).supportIndex());
    assertEquals("seat of #1", record.decomposition().get(1).question());
    assertArrayEquals(new int[] {1}, record.supports());
    var sample = Samples.readText(file(MUSIQUE), Format.AUTO).get(0);
    assertEquals("{\"documents\":2,\"answerable\":false,\"supports\":[1]}", sample.meta().toString());
  }

  @Test
  void hotpotMarksTheTitlesOfItsFacts() throws IOException {
    var record = HotpotRecord.read(file(HOTPOT)).get(0);
    assertEquals(List.of(new HotpotRecord.Fact("B", 1)), record.facts());
    assertEquals(List.of(new HotpotRecord.Triple("B", "by", "Ann")), record.evidences());
    var sample = Samples.readText(file(HOTPOT), Format.AUTO).get(0);
    assertEquals("hotpot", sample.task());
    assertEquals(List.of("Document [2](Title: B) Two. Ann."), sample.spans("needle").map(sample::text).toList());
  }

  @Test
  void topicsAreReadWholeOrAsLines() throws IOException {
    var topic = SummHayTopic.read(file(TOPIC));
    assertArrayEquals(new int[] {2}, topic.citations(topic.subtopics().get(0).insights().get(0)));
    var whole = Samples.readText(file(TOPIC), Format.AUTO);
    var line = TOPIC.replace("\n", "");
    var lines = Samples.readText(file(line + "\n" + line.replace("\"t\"", "\"u\"")), Format.SUMMHAY);
    assertEquals(whole.get(0), lines.get(0));
    assertEquals(List.of("t/i", "u/i"), lines.stream().map(Sample::id).toList());
    assertEquals(List.of("[2]"), whole.get(0).answers());
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '~', value = {
    "\"idx\": 1|\"idx\": 3|line 1: paragraphs[1].idx: expected a whole number from 1 to 1 but found 3",
    "\"paragraph_support_idx\": 1|\"paragraph_support_idx\": 2|line 1: question_decomposition[0].paragraph_support_idx",
    "2hop__1_2|3hop1__1_2|line 1: question_decomposition: expected 3 steps, as the id 3hop1__1_2 says, but found 2",
    "\"answer\": \"x\"|\"answer\": 7|line 1: question_decomposition[0].answer: expected a text but found 7",
    "\"is_supporting\": true|\"is_supporting\": 1|line 1: paragraphs[1].is_supporting: expected true or false"})
  void refusesDamagedMusique(String right, String wrong, String message) throws IOException {
    refuses(MUSIQUE, right, wrong, message);
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '~', value = {
    "[\"B\", 1]|[\"C\", 1]|line 1: supporting_facts[0]: expected a title of the context but found C",
    "[\"B\", 1]|[\"B\"]|line 1: supporting_facts[0]: expected an array of 2",
    "[\"B\", 1]|[\"B\", -1]|line 1: supporting_facts[0][1]: expected a whole number from 0",
    "[\"One.\"]|[1]|line 1: context[0][1][0]: expected a text but found 1",
    "[\"One.\"]|\"One.\"|line 1: context[0][1]: expected an array",
    "[\"B\", \"by\", \"Ann\"]|[\"B\", \"by\"]|line 1: evidences[0]: expected an array of 3"})
  void refusesDamagedHotpot(String right, String wrong, String message) throws IOException {
    refuses(HOTPOT, right, wrong, message);
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '~', value = {
    "[\"i\"]|[\"j\"]|d.jsonl: documents[1].insights_included[0]: expected the id of an insight of this topic but found j",
    "[\"i\"]|[]|d.jsonl: documents: expected some document that includes each insight but found none for [i]",
    "\"d2\"|\"d1\"|d.jsonl: documents[1].document_id: expected an id that was not there before but found d1",
    "\"query\": \"why\"|\"query\": 1|d.jsonl: subtopics[0].query: expected a text but found 1",
    "\"insight\": \"It fell.\"|\"text\": \"x\"|d.jsonl: subtopics[0].insights[0].insight: expected a text but found nothing",
    "\"topic_id\": \"t\",|\"topic_id\": oops,|d.jsonl (line 2, column"})
  void refusesDamagedTopics(String right, String wrong, String message) throws IOException {
    refuses(TOPIC, right, wrong, message);
  }

  private void refuses(String record, String right, String wrong, String message) throws IOException {
    assertTrue(record.contains(right), right);
    var file = file(record.replace(right, wrong) + "\n");
    var e = assertThrows(LodestoneException.class, () -> Samples.readText(file, Format.AUTO));
    assertTrue(e.getMessage().contains(message), e.getMessage());
    assertEquals(1, e.getMessage().lines().count());
  }

  @Test
  void noRecordComesTwice() throws IOException {
    var answerable = MUSIQUE.replace("\"answerable\": false", "\"answerable\": true");
    assertEquals(2, MusiqueRecord.read(file(MUSIQUE + "\n" + answerable)).size());
    var twice = file(MUSIQUE + "\n\n" + MUSIQUE);
    var e = assertThrows(LodestoneException.class, () -> MusiqueRecord.read(twice));
    assertTrue(e.getMessage().contains("line 3: id: expected an id that was not there before"), e.getMessage());
  }

  /** What stands before the damage is there; the damage is named by its line. */
  @Test
  void aBrokenLineInTheMiddleOfAGzipFile() throws IOException {
    var file = Files.write(dir.resolve("d.jsonl.gz"), gzip(MUSIQUE + "\n" + MUSIQUE + "\n{\"id\": \n" + MUSIQUE + "\n"));
    try (var samples = Samples.streamText(file, Format.AUTO)) {
      var it = samples.iterator();
      it.next();
      it.next();
      var e = assertThrows(LodestoneException.class, it::next);
      assertTrue(e.getMessage().contains("d.jsonl.gz line 3"), e.getMessage());
    }
  }

  @Test
  void aGzipFileThatIsCut() throws IOException {
    var lines = new StringBuilder();
    for (int i = 0; i < 2000; i++) {
      lines.append(MUSIQUE.replace("2hop__1_2", "2hop__" + i * 7919L + "_2")).append('\n');
    }
    var bytes = gzip(lines.toString());
    var file = Files.write(dir.resolve("d.jsonl.gz"), Arrays.copyOf(bytes, bytes.length - 100));
    var e = assertThrows(LodestoneException.class, () -> Samples.readText(file, Format.MUSIQUE));
    assertTrue(e.getMessage().matches("(?s).*d.jsonl.gz line \\d+: the gzip data are cut or damaged"), e.getMessage());
    var topic = gzip(TOPIC);
    var half = Files.write(dir.resolve("t.json.gz"), Arrays.copyOf(topic, topic.length - 20));
    var cut = assertThrows(LodestoneException.class, () -> SummHayTopic.read(half));
    assertTrue(cut.getMessage().contains("t.json.gz") && cut.getMessage().contains("ends early"), cut.getMessage());
  }

  @Test
  void aTemplateFitsPublishedRecordsOnly() throws IOException {
    var template = PromptTemplate.of("{question}\n{documents}", "{index} {text}");
    try (var samples = Samples.streamText(file(MUSIQUE), Format.AUTO, template)) {
      assertEquals("q\n1 a\n2 b", samples.findFirst().orElseThrow().prompt());
    }
    try (var samples = Samples.streamText(file("{\"prompt\": \"x\"}"), Format.AUTO, template)) {
      assertThrows(LodestoneException.class, samples::toList);
    }
  }
}
