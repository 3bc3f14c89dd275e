package dev.lodestone.synth.write;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.lodestone.LodestoneException;
import dev.lodestone.synth.write.WriterStatistics.Count;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CachedWriterTest {
  @TempDir Path folder;
  private final WriterStatistics statistics = new WriterStatistics();

  private CachedWriter over(ChatServer server, double temperature) {
    var o = server.options();
    var options = new ChatOptions(o.url(), o.model(), o.key(), o.keyName(), temperature, o.timeout(), 0, 0);
    return new CachedWriter(new ChatWriter(options, statistics, new FakeTime()), folder, statistics);
  }

  private static Writer.Request request(int i) {
    return new Writer.Request("system", "prompt " + i, i, 100);
  }

  private List<Path> files() throws IOException {
    try (var files = Files.walk(folder)) {
      return files.filter(Files::isRegularFile).sorted().toList();
    }
  }

  @Test
  void aRunThatWasKilledGoesOnWhereItWas() throws IOException {
    var count = new AtomicInteger();
    try (var server = new ChatServer()) {
      server.always(ChatServer.completion(r -> "answer " + count.incrementAndGet(), "stop"));
      for (int i = 0; i < 5; i++) {
        over(server, 1).write(request(i));
      }
      var later = over(server, 1);
      for (int i = 0; i < 8; i++) {
        assertEquals("answer " + (i + 1), later.write(request(i)).text());
      }
      assertEquals(8, server.seen.size());
      assertEquals(5, statistics.get(Count.CACHED));
      assertEquals(8, files().size());
      for (Path file : files()) {
        assertEquals(file.getParent().getFileName().toString(), file.getFileName().toString().substring(0, 2));
      }
    }
  }

  @Test
  void everythingThatAnAnswerDependsOnIsInItsKey() throws IOException {
    try (var server = new ChatServer()) {
      var one = over(server, 1);
      one.write(new Writer.Request("s", "p", 1, 10));
      one.write(new Writer.Request("s2", "p", 1, 10));
      one.write(new Writer.Request("s", "p2", 1, 10));
      one.write(new Writer.Request("s", "p", 2, 10));
      one.write(new Writer.Request("s", "p", 1, 11));
      over(server, 0.5).write(new Writer.Request("s", "p", 1, 10));
      assertEquals(6, server.seen.size());
      assertEquals(0, statistics.get(Count.CACHED));
    }
  }

  @Test
  void damagedEntriesAreWrittenAnew() throws IOException {
    try (var server = new ChatServer()) {
      var writer = over(server, 1);
      var good = writer.write(request(0));
      Path file = files().get(0);
      String whole = Files.readString(file);
      for (String damaged : List.of("", whole.substring(0, 40), "[]", whole.replace("prompt 0", "prompt 1"),
          whole.replace("\"all good\"", "7"))) {
        Files.writeString(file, damaged);
        assertEquals(good, writer.write(request(0)));
        assertEquals(whole, Files.readString(file));
      }
      assertEquals(6, server.seen.size());
      assertEquals(5, statistics.get(Count.DAMAGED));
    }
  }

  @Test
  void theSameAtTheSameTimeIsAskedOnce() throws Exception {
    try (var server = new ChatServer()) {
      var writer = over(server, 1);
      var threads = Executors.newFixedThreadPool(8);
      for (var answer : threads.invokeAll(IntStream.range(0, 64).<Callable<Writer.Answer>>mapToObj(
          i -> () -> writer.write(request(i % 4))).toList())) {
        assertEquals("all good", answer.get().text());
      }
      threads.shutdown();
      assertEquals(4, server.seen.size());
      assertEquals(60, statistics.get(Count.CACHED));
    }
  }

  @Test
  void whatIsReadBackIsWhatWasAnswered() throws IOException {
    String escaped = "half \\ud83d, whole \\ud83c\\udf0d, \\u0000 \\t \\u2028 \\\"";
    try (var server = new ChatServer().always(
        ChatServer.status(200, "{\"choices\": [{\"message\": {\"content\": \"" + escaped + "\"}}]}"))) {
      var first = over(server, 1).write(request(0));
      assertEquals("half ?, whole \ud83c\udf0d, \0 \t \u2028 \"", first.text());
      assertEquals(first, over(server, 1).write(request(0)));
      assertEquals(1, server.seen.size());
    }
  }

  @Test
  void failuresAreNotKept() throws IOException {
    try (var server = new ChatServer()) {
      server.then(ChatServer.status(400, "no"));
      var writer = over(server, 1);
      assertThrows(LodestoneException.class, () -> writer.write(request(0)));
      assertEquals(0, files().size());
      assertEquals("all good", writer.write(request(0)).text());
    }
  }
}
