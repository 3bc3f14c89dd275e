package dev.lodestone.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.LodestoneException;
import dev.lodestone.data.QaPrompt.Document;
import dev.lodestone.io.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PromptTemplateTest {
  private static final List<Document> DOCUMENTS = List.of(
      new Document("Röntgen 🩻", "He was first, {question} or not. Röntgen!", true), new Document("Cat", "Purrs.", false));
  @TempDir Path dir;

  private Sample render(String file) throws IOException {
    var template = PromptTemplate.read(Files.writeString(dir.resolve("t.txt"), file));
    return QaPrompt.render("x", "mdqa", "who?", List.of("Röntgen"), DOCUMENTS, template,
        Json.mapper().createObjectNode());
  }

  private static List<String> texts(Sample sample, String span) {
    return sample.spans(span).map(sample::text).toList();
  }

  @Test
  void fillsAFilesPlacesAndMarksSpans() throws IOException {
    var sample = render("""
        <{index}: {title}>
        {text}

        ---
        {question} {{{count}}}
        {documents}
        -- {question}
        """);
    assertEquals("""
        who? {2}
        <1: Röntgen 🩻>
        He was first, {question} or not. Röntgen!

        <2: Cat>
        Purrs.
        -- who?""", sample.prompt());
    assertEquals(List.of("<1: Röntgen 🩻>\nHe was first, {question} or not. Röntgen!"), texts(sample, "needle"));
    assertEquals(texts(sample, "needle"), texts(sample, "document:1"));
    assertEquals(List.of("<2: Cat>\nPurrs."), texts(sample, "document:2"));
    assertEquals(List.of("Röntgen", "Röntgen"), texts(sample, "answer"));
    assertEquals(List.of("who?"), texts(sample, "query"));
    assertEquals(sample.prompt().codePointCount(0, sample.prompt().length()),
        sample.spans("query").findFirst().orElseThrow().end());
  }

  @Test
  void documentsMayEndThePromptAndWindowsLineEndsAreLineFeeds() throws IOException {
    var sample = render("{text}\r\n---\r\n{question}\r\n{documents}");
    assertEquals("who?\n" + DOCUMENTS.get(0).text() + "\nPurrs.", sample.prompt());
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
    "{text}~{documents} {question}|no line ---",
    "{text}~---~{documents}|{question} in the prompt",
    "{text}~---~{question}|{documents} in the prompt",
    "{title}~---~{documents} {question}|{text} in the form",
    "{text}~---~{documents} {question} {Answer}|found {Answer}",
    "{text} {question}~---~{documents} {question}|found {question}",
    "{text}~---~{documents} {question} {|found {",
    "{text}~---~{documents} {question} {topic}|{topic}, for which this task has nothing"})
  void refusesUnknownAndMissingPlaces(String file, String part) {
    var e = assertThrows(LodestoneException.class, () -> render(file.replace('~', '\n')));
    assertTrue(e.getMessage().contains(part), e.getMessage());
    assertEquals(1, e.getMessage().lines().count());
  }
}
