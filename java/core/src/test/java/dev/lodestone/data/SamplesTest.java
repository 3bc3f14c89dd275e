package dev.lodestone.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.LodestoneException;
import dev.lodestone.data.Samples.Format;
import dev.lodestone.io.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SamplesTest {
  @TempDir Path dir;

  private Path file(String text) throws IOException {
    return Files.writeString(dir.resolve("d.jsonl"), text);
  }

  @Test
  void readsTokenSamples() throws IOException {
    var samples = Samples.readTokens(file("""
        {"id":"a","tokens":[1,2,255],"labels":[-100,2,255],"spans":[{"name":"needle","start":1,"end":3}]}

        {"id":7,"tokens":[0,1,2],"packed_lengths":[1,2]}
        {"tokens":[5]}
        """), null, 256);
    assertEquals(List.of("a", "7", "2"), samples.stream().map(TokenSample::id).toList());
    assertArrayEquals(new int[] {-100, 2, 255}, samples.get(0).labels());
    assertEquals(List.of(new Span("needle", 1, 3)), samples.get(0).spans());
    assertArrayEquals(new int[] {1, 2}, samples.get(1).packedLengths());
    assertNull(samples.get(2).labels());
    assertNull(samples.get(2).packedLengths());
  }

  @Test
  void readsTextSamplesWithSpansInCodePoints() throws IOException {
    var sample = Samples.readText(file("""
        {"id":"x","task":"niah","prompt":"🧲 pulls 🪡","answers":["🪡"],\
        "spans":[{"name":"answer","start":8,"end":9}],"meta":{"seed":3}}
        """), Format.AUTO).get(0);
    assertEquals("🪡", sample.text(sample.spans().get(0)));
    assertEquals(3, sample.meta().get("seed").asInt());
    assertEquals(sample.toJson() + "\n", new String(sample.toLine(), StandardCharsets.UTF_8));
    var again = Samples.readText(file(sample.toJson() + "\n"), Format.LODESTONE).get(0);
    assertEquals(sample, again);
  }

  @Test
  void writesHalfACharacterAsAReplacement() throws IOException {
    var sample = new Sample("a", "", "p\ud83d \ude00q\ud83e\udea1\ud83d", List.of("\ude00"), List.of(),
        Json.mapper().createObjectNode());
    var again = Samples.readText(file(new String(sample.toLine(), StandardCharsets.UTF_8)), Format.LODESTONE).get(0);
    assertEquals("p\ufffd \ufffdq\ud83e\udea1\ufffd", again.prompt());
    assertEquals(List.of("\ufffd"), again.answers());
  }

  @Test
  void writesWhatItReadsCompressedToo() throws IOException {
    var samples = Samples.readText(file("{\"prompt\":\"one\"}\n{\"prompt\":\"two\",\"answers\":[\"2\"]}"), Format.AUTO);
    var out = dir.resolve("copy.jsonl.gz");
    Samples.write(out, samples.stream());
    assertEquals(0x1f, Files.readAllBytes(out)[0]);
    assertEquals(samples, Samples.readText(out, Format.AUTO));
  }

  @Test
  void aFailedWriteLeavesNothing() {
    var out = dir.resolve("half.jsonl");
    var sample = new Sample("a", "", "p", List.of(), List.of(), Json.mapper().createObjectNode());
    var failing = Stream.of(sample, sample).peek(s -> {
      throw new LodestoneException("stop");
    });
    assertThrows(LodestoneException.class, () -> Samples.write(out, failing));
    assertEquals(0, dir.toFile().list().length);
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '~', value = {
    "{oops|line 1|expected JSON",
    "{\"tokens\":[1]} {}|line 1|expected JSON",
    "[1,2]|line 1|expected a JSON object",
    "{\"id\":\"a\",\"tokens\":[1,2,999999]}|line 1: tokens[2]|from 0 to 255 but found 999999",
    "{\"id\":\"a\",\"tokens\":[1,99999999999]}|line 1: tokens[1]|found 99999999999",
    "{\"id\":\"a\",\"tokens\":[1,-2]}|line 1: tokens[1]|found -2",
    "{\"id\":\"a\",\"tokens\":[1,1.5]}|line 1: tokens[1]|found 1.5",
    "{\"id\":\"a\",\"tokens\":7}|line 1: tokens|expected an array",
    "{\"tokens\":[1,2,3],\"spans\":[{\"name\":\"n\",\"start\":1,\"end\":9}]}|line 1: spans[0].end|inside the 3 tokens",
    "{\"tokens\":[1,2,3],\"spans\":[{\"name\":\"n\",\"start\":2,\"end\":2}]}|line 1: spans[0].end|start 2 and end 2",
    "{\"tokens\":[1,2,3],\"spans\":[{\"name\":\"n\",\"start\":-1,\"end\":2}]}|line 1: spans[0].start|found -1",
    "{\"tokens\":[1,2,3],\"spans\":[{\"start\":1,\"end\":2}]}|line 1: spans[0].name|found nothing",
    "{\"tokens\":[1,2,3],\"spans\":{}}|line 1: spans|expected an array",
    "{\"id\":\"a\"}|line 1|with one of the fields \"tokens\", \"prompt\"",
    "{}|line 1|found none",
    "{\"id\":\"a\",\"tokens\":[]}|line 1: tokens|at least one token",
    "{\"tokens\":[1,2,3],\"labels\":[1]}|line 1: labels|expected 3 labels",
    "{\"tokens\":[1],\"labels\":[256]}|line 1: labels[0]|found 256",
    "{\"tokens\":[1],\"labels\":[-1]}|line 1: labels[0]|found -1",
    "{\"tokens\":[1,2,3],\"packed_lengths\":[1,1]}|line 1: packed_lengths|add up to the 3 tokens but found 2",
    "{\"tokens\":[1,2,3],\"packed_lengths\":[3,0]}|line 1: packed_lengths[1]|found 0",
    "{\"prompt\":\"hello\"}|line 1|tokenizer"})
  void refusesDamagedLines(String text, String place, String part) throws IOException {
    var file = file(text + "\n");
    var e = assertThrows(LodestoneException.class, () -> Samples.readTokens(file, null, 256));
    assertTrue(e.getMessage().contains("d.jsonl " + place) && e.getMessage().contains(part), e.getMessage());
    assertEquals(1, e.getMessage().lines().count());
    assertTrue(e.getMessage().length() < 400, "a sentence, not the file");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "\n\n  \n"})
  void refusesAFileWithoutSamples(String text) throws IOException {
    var file = file(text);
    var e = assertThrows(LodestoneException.class, () -> Samples.readTokens(file, null, 256));
    assertTrue(e.getMessage().contains("empty"), e.getMessage());
  }

  @Test
  void refusesBytesThatAreNotText() throws IOException {
    for (var bytes : List.of(new byte[] {0, 1, 2, '\n'}, new byte[] {(byte) 0xff, (byte) 0xfe, '\n'},
        new byte[] {0x1f, (byte) 0x8b, 3})) {
      var file = Files.write(dir.resolve("b.jsonl"), bytes);
      var e = assertThrows(LodestoneException.class, () -> Samples.readTokens(file, null, 256));
      assertTrue(e.getMessage().contains("b.jsonl"), e.getMessage());
    }
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '~', value = {
    "{\"tokens\":[1]}|prompt",
    "{\"prompt\":\"\"}|not empty",
    "{\"prompt\":5}|expected a text",
    "{\"prompt\":\"abc\",\"answers\":[1]}|answers[0]",
    "{\"prompt\":\"abc\",\"spans\":[{\"name\":\"n\",\"start\":1,\"end\":4}]}|inside the 3 characters",
    "{\"prompt\":\"abc\",\"id\":[]}|id: expected a text or a number",
    "{\"prompt\":\"abc\",\"meta\":1}|meta",
    "{\"question\":\"q\",\"ctxs\":[{\"title\":\"t\"}]}|ctxs[0].text",
    "{\"question\":\"q\",\"ctxs\":[1]}|ctxs[0]",
    "{\"ordered_kv_records\":[[\"a\",\"b\"]],\"key\":\"c\",\"value\":\"b\"}|key",
    "{\"ordered_kv_records\":[[\"a\"]],\"key\":\"a\",\"value\":\"b\"}|ordered_kv_records[0]",
    "{\"paragraphs\":[],\"question\":\"q\"}|answer"})
  void refusesDamagedText(String text, String part) throws IOException {
    var file = file(text + "\n");
    var e = assertThrows(LodestoneException.class, () -> Samples.readText(file, Format.AUTO));
    assertTrue(e.getMessage().contains("d.jsonl line 1") && e.getMessage().contains(part), e.getMessage());
  }

  @Test
  void namesTheLineOfALaterRecord() throws IOException {
    var file = file("{\"tokens\":[1]}\n\n{\"tokens\":[1,2,3,4,700]}\n");
    try (var samples = Samples.streamTokens(file, Format.AUTO, null, 256)) {
      var it = samples.iterator();
      assertEquals(1, it.next().tokens().length, "the first is there before the damage is met");
      var e = assertThrows(LodestoneException.class, it::next);
      assertTrue(e.getMessage().contains("line 3: tokens[4]"), e.getMessage());
    }
  }

  @Test
  void theFirstRecordSaysWhatTheFileHolds() throws IOException {
    var file = file("{\"ordered_kv_records\":[[\"a\",\"b\"]],\"key\":\"a\",\"value\":\"b\"}\n{\"prompt\":\"x\"}\n");
    var e = assertThrows(LodestoneException.class, () -> Samples.readText(file, Format.AUTO));
    assertTrue(e.getMessage().contains("line 2: key"), e.getMessage());
  }

  @Test
  void parsesFormats() {
    assertEquals(Format.MDQA, Format.parse("mdqa"));
    assertThrows(LodestoneException.class, () -> Format.parse("xml"));
  }

  @Test
  void aMissingFileIsOneSentence() {
    var e = assertThrows(LodestoneException.class, () -> Samples.readText(dir.resolve("none.jsonl"), Format.AUTO));
    assertTrue(e.getMessage().contains("none.jsonl"), e.getMessage());
    assertEquals(1, e.getMessage().lines().count());
  }
}
