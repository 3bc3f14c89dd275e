package dev.lodestone.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import dev.lodestone.LodestoneException;
import dev.lodestone.engine.Device;
import dev.lodestone.engine.Engine;
import dev.lodestone.synth.write.FactRequest;
import dev.lodestone.synth.write.FactWriter;
import dev.lodestone.synth.write.WriterStatistics;
import dev.lodestone.synth.write.WriterStatistics.Count;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.ParameterException;

class WriterOptionsTest {
  private static final FactRequest SENTENCE = FactRequest.sentence(
      new FactRequest.Fact("Ada lives in Torvale.", List.of("Ada", "Torvale")), List.of(), 1);

  @Command(name = "test")
  static final class Owner {
    @Mixin WriterOptions writer;
  }

  @TempDir Path folder;
  private final WriterStatistics statistics = new WriterStatistics();

  private static WriterOptions parse(String... words) {
    var owner = new Owner();
    new CommandLine(owner).parseArgs(words);
    return owner.writer;
  }

  private FactWriter open(String... words) {
    return parse(words).open(folder.resolve("out.jsonl"), () -> {
      throw new AssertionError("a server needs no engine");
    }, statistics, Map.of("MY_KEY", "sk-1"));
  }

  private String wrong(String... words) {
    return assertThrows(ParameterException.class, () -> open(words).close()).getMessage();
  }

  @Test
  void withoutAModelTheSentenceSaysWhichOptionsNameOne() {
    assertEquals("--needle written needs a language model that writes: name a server with --writer-url and"
        + " --writer-model, or a model folder with --writer-dir", wrong());
    assertFalse(parse().given());
    assertTrue(parse("--writer-dir", "m").given());
  }

  @Test
  void wrongWordsAreNamed() {
    assertTrue(wrong("--writer-url", "http://h/v1").contains("--writer-model"));
    assertTrue(wrong("--writer-url", "h:80", "--writer-model", "m").startsWith("--writer-url: expected an address"));
    assertTrue(wrong("--writer-url", "http://h/v1", "--writer-dir", "d").contains("either"));
    for (String option : List.of("parallel", "timeout", "max-tokens")) {
      assertEquals("--writer-" + option + " expected 1 or more but found 0",
          wrong("--writer-dir", "d", "--writer-" + option, "0"));
    }
    for (String option : List.of("retries", "requests-per-minute")) {
      assertEquals("--writer-" + option + " expected 0 or more but found -1",
          wrong("--writer-dir", "d", "--writer-" + option, "-1"));
    }
    assertTrue(wrong("--writer-dir", "d", "--writer-temperature", "NaN").contains("expected 0 to 2"));
  }

  @Test
  void aServerWritesWithTheKeyOfTheEnvironmentAndIsAskedOnce() throws IOException {
    var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/v1/chat/completions", exchange -> {
      boolean right = "Bearer sk-1".equals(exchange.getRequestHeaders().getFirst("Authorization"));
      byte[] answer = (right ? "{\"choices\": [{\"message\": {\"content\": \"Ada calls Torvale her home.\"}}]}"
          : "{\"error\": \"wrong key\"}").getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(right ? 200 : 401, answer.length);
      exchange.getResponseBody().write(answer);
      exchange.close();
    });
    server.start();
    String url = "http://127.0.0.1:" + server.getAddress().getPort() + "/v1/";
    try {
      for (int run = 0; run < 2; run++) {
        try (var writer = open("--writer-url", url, "--writer-model", "m", "--writer-key-env", "MY_KEY")) {
          assertEquals(Optional.of("Ada calls Torvale her home."), writer.write(SENTENCE));
        }
      }
      assertEquals(1, statistics.get(Count.REQUESTS));
      assertEquals(1, statistics.get(Count.CACHED));
      assertTrue(Files.isDirectory(folder.resolve("out.jsonl.written")));
      try (var writer = open("--writer-url", url, "--writer-model", "m2")) {
        var message = assertThrows(LodestoneException.class, () -> writer.write(SENTENCE)).getMessage();
        assertTrue(message.endsWith("wrong key; the key comes from the environment variable OPENAI_API_KEY, which is"
            + " not set"), message);
      }
    } finally {
      server.stop(0);
    }
  }

  @Test
  void aModelFolderWritesThroughTheEngine() throws IOException {
    Path model = TinyModel.write(folder.resolve("model"));
    Path cache = folder.resolve("cache");
    var options = parse("--writer-dir", "" + model, "--writer-cache", "" + cache, "--writer-max-tokens", "5");
    var sentence = FactRequest.sentence(new FactRequest.Fact("A cat.", List.of("nowhere")), List.of(), 1);
    try (Engine engine = Engine.open(Device.CPU, 1);
        var writer = options.open(folder.resolve("out.jsonl"), () -> engine, statistics)) {
      assertTrue(writer.name().endsWith("model, greedy"), writer.name());
      assertThrows(LodestoneException.class, () -> writer.write(sentence)); // the request is longer than the model's 64
    }
  }
}
