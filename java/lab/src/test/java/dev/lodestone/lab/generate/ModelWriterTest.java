package dev.lodestone.lab.generate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.LodestoneException;
import dev.lodestone.engine.Device;
import dev.lodestone.engine.Engine;
import dev.lodestone.engine.Model;
import dev.lodestone.lab.eval.GreedyDecoder;
import dev.lodestone.lab.train.TestModels;
import dev.lodestone.synth.write.Writer.Answer;
import dev.lodestone.synth.write.Writer.Request;
import dev.lodestone.synth.write.WriterStatistics;
import dev.lodestone.synth.write.WriterStatistics.Count;
import dev.lodestone.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelWriterTest {
  @TempDir static Path folder;
  private static Engine engine;
  private static Path plain;
  private static Path chat;

  private final WriterStatistics statistics = new WriterStatistics();

  @BeforeAll
  static void open() throws IOException {
    engine = Engine.open(Device.CPU, 2);
    plain = model("plain", List.of());
    chat = model("chat", List.of("<|im_start|>", "<|im_end|>"));
  }

  @AfterAll
  static void close() {
    engine.close();
  }

  /** A tiny model whose tokenizer has a word for each of 50 ids; the last ones may be special. */
  private static Path model(String name, List<String> special) throws IOException {
    Path model = TestModels.write(engine, folder.resolve(name));
    String added = IntStream.range(0, special.size()).mapToObj(i -> """
        {"id": %d, "content": "%s", "special": true, "single_word": false, "lstrip": false, "rstrip": false,
         "normalized": false}""".formatted(50 - special.size() + i, special.get(i))).collect(Collectors.joining(","));
    String words = IntStream.range(0, 50 - special.size()).mapToObj(i -> "\"w%d\": %d".formatted(i, i))
        .collect(Collectors.joining(", "));
    Files.writeString(model.resolve("tokenizer.json"), """
        {"version": "1.0", "pre_tokenizer": {"type": "WhitespaceSplit"}, "added_tokens": [%s],
         "model": {"type": "WordLevel", "unk_token": "w0", "vocab": {%s}}}""".formatted(added, words));
    return model;
  }

  private static Answer decoded(Path path, String prompt, int maxTokens, Set<Integer> end) {
    try (var model = Model.load(engine, path); var tokenizer = Tokenizer.load(path)) {
      int[] ids = GreedyDecoder.decode(model, List.of(tokenizer.encode(prompt, false).ids()),
          GreedyDecoder.Options.of(maxTokens, end)).get(0);
      return new Answer(tokenizer.decode(ids), !end.contains(ids[ids.length - 1]));
    }
  }

  private Answer write(Path model, String system, String prompt, int maxTokens) {
    try (var writer = ModelWriter.open(engine, model, statistics)) {
      return writer.write(new Request(system, prompt, 1, maxTokens));
    }
  }

  @Test
  void aBaseModelGoesOnAfterThePlainPrompt() {
    assertEquals(decoded(plain, "w3 w4 w5", 9, Set.of()), write(plain, "w3", "w4 w5", 9));
    assertEquals(3, statistics.get(Count.PROMPT_TOKENS));
    assertEquals(9, statistics.get(Count.ANSWER_TOKENS));
    assertTrue(write(plain, "w3", "w4 w5", 9).cut());
  }

  @Test
  void aChatModelIsAskedInTurnsThatEndWithTheirToken() {
    String turns = "<|im_start|>system\nw3<|im_end|>\n<|im_start|>user\nw4 w5<|im_end|>\n<|im_start|>assistant\n";
    assertEquals(decoded(chat, turns, 20, Set.of(49)), write(chat, "w3", "w4 w5", 20));
  }

  @Test
  void anAnswerThatEndsByItselfIsNotCut() throws IOException {
    Path ending = model("ending", List.of());
    String[] words = write(ending, "w3", "w4", 30).text().split(" ");
    int end = IntStream.range(1, 30).filter(i -> !List.of(words).subList(0, i).contains(words[i])).findFirst()
        .orElseThrow();
    Files.writeString(ending.resolve("generation_config.json"),
        "{\"eos_token_id\": %s}".formatted(words[end].substring(1)));
    String upToEnd = String.join(" ", List.of(words).subList(0, end + 1));
    assertEquals(new Answer(upToEnd, false), write(ending, "w3", "w4", 30));
  }

  @Test
  void threadsThatWaitAreAnsweredTogetherWithTheSameWords() throws Exception {
    try (var writer = ModelWriter.open(engine, plain, statistics)) {
      List<Request> requests = IntStream.range(0, 24)
          .mapToObj(i -> new Request("w" + i, "w1 ".repeat(1 + i % 5), i, 3 + i % 7)).toList();
      List<Answer> alone = requests.stream().map(writer::write).toList();
      var threads = Executors.newFixedThreadPool(6);
      var together = threads.invokeAll(requests.stream().<Callable<Answer>>map(r -> () -> writer.write(r)).toList());
      for (int i = 0; i < 24; i++) {
        assertEquals(alone.get(i), together.get(i).get(), "request " + i);
      }
      threads.shutdown();
      assertNotEquals(alone.get(0), alone.get(1));
    }
  }

  @Test
  void whatDoesNotFitIntoTheModelIsRefusedAndTheWriterGoesOn() {
    try (var writer = ModelWriter.open(engine, plain, statistics)) {
      var message = assertThrows(LodestoneException.class, () -> writer.write(new Request("w1", "w2", 1, 63)))
          .getMessage();
      assertTrue(message.contains("a prompt of 2 tokens and an answer of up to 63"), message);
      assertTrue(writer.write(new Request("w1", "w2", 1, 62)).cut());
    }
  }
}
