package dev.lodestone.synth.write;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.LodestoneException;
import dev.lodestone.synth.write.WriterStatistics.Count;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ChatWriterTest {
  private static final Writer.Request REQUEST = new Writer.Request("be brief", "write ☃", 5, 100);

  private final WriterStatistics statistics = new WriterStatistics();
  private final FakeTime time = new FakeTime();
  private ChatServer server;

  @BeforeEach
  void start() throws IOException {
    server = new ChatServer();
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private ChatWriter writer() {
    return new ChatWriter(server.options(), statistics, time);
  }

  private ChatWriter writer(ChatOptions options) {
    return new ChatWriter(options, statistics, time);
  }

  private String failure() {
    String message = assertThrows(LodestoneException.class, () -> writer().write(REQUEST)).getMessage();
    assertFalse(message.contains("sk-secret"), message);
    assertEquals(1, message.lines().count(), message);
    return message;
  }

  private ChatOptions with(Duration timeout, int retries, int perMinute) {
    var o = server.options();
    return new ChatOptions(o.url(), o.model(), o.key(), o.keyName(), o.temperature(), timeout, retries, perMinute);
  }

  @Test
  void asksAsOpenAiServersExpectAndReadsTheAnswer() {
    server.then(ChatServer.text("Grüße, 世界 \uD83C\uDF0D"));
    assertEquals(new Writer.Answer("Grüße, 世界 \uD83C\uDF0D", false), writer().write(REQUEST));
    var seen = server.seen.get(0);
    assertEquals("{\"model\":\"test-model\",\"messages\":[{\"role\":\"system\",\"content\":\"be brief\"},"
        + "{\"role\":\"user\",\"content\":\"write ☃\"}],\"temperature\":0.5,\"seed\":5,\"max_tokens\":100,"
        + "\"stream\":false}", seen.body().toString());
    assertEquals(List.of("Bearer sk-secret-123"), seen.headers().get("Authorization"));
    assertNull(seen.headers().get("Upgrade"));
    assertEquals("1 requests, 7 prompt tokens, 3 answer tokens", statistics.toString());
  }

  @Test
  void withoutKeyNoneIsSent() {
    var o = server.options();
    writer(new ChatOptions(o.url(), "m", " ", "TEST_KEY", 1, o.timeout(), 0, 0)).write(REQUEST);
    assertNull(server.seen.get(0).headers().get("Authorization"));
  }

  @Test
  void waitsAsLongAsTheServerSays() {
    String date = DateTimeFormatter.RFC_1123_DATE_TIME.format(ZonedDateTime.now(ZoneOffset.UTC).plusSeconds(100));
    server.then(ChatServer.status(429, "{\"error\": {\"message\": \"slow down\"}}", "Retry-After", "17"),
        ChatServer.status(503, "", "Retry-After", date), ChatServer.status(429, "", "Retry-After", "99999"));
    assertEquals("all good", writer().write(REQUEST).text());
    assertEquals(Duration.ofSeconds(17), time.slept.get(0));
    assertTrue(time.slept.get(1).toSeconds() >= 90 && time.slept.get(1).toSeconds() <= 100, time.slept.toString());
    assertEquals(Duration.ofMinutes(10), time.slept.get(2));
    assertEquals(3, statistics.get(Count.RETRIES));
  }

  @Test
  void errorsOfTheServerAreTriedAgainWithLongerAndLongerPausesUntilItIsEnough() {
    server.always(ChatServer.status(500, "{\"error\": \"out of\\nmemory\"}"));
    String message = failure();
    assertTrue(message.contains("no answer after 4 requests: status 500: out of memory"), message);
    assertEquals(4, server.seen.size());
    assertEquals(3, time.slept.size());
    for (int i = 0; i < 3; i++) {
      long wait = time.slept.get(i).toMillis();
      assertTrue(wait >= 500L << i && wait <= 1000L << i, time.slept.toString());
    }
  }

  @Test
  void aServerThatGoesQuietIsLeftAfterTheTimeout() {
    server.then(ChatServer.stall(Duration.ofSeconds(30)));
    assertEquals("all good", writer(with(Duration.ofMillis(700), 1, 0)).write(REQUEST).text());
    assertEquals(1, statistics.get(Count.RETRIES));
  }

  @Test
  void garbageAndHalfAnswersAreTriedAgain() {
    for (ChatServer.Reply bad : List.of(ChatServer.status(200, "<html>hello"), ChatServer.status(200, ""),
        ChatServer.status(200, "{\"choices\": []}"), ChatServer.status(200, "{\"choices\": [{\"message\": {}}]}"),
        ChatServer.status(200, "x".repeat(20_000_000)), ChatServer.half("{\"choices\": [{\"mess"),
        (exchange, request) -> exchange.close(), (exchange, request) -> {
          exchange.sendResponseHeaders(200, 0);
          exchange.getResponseBody().write(new byte[] {'"', (byte) 0xff, '"'});
        })) {
      server.then(bad);
      assertEquals("all good", writer().write(REQUEST).text());
    }
    assertEquals(8, statistics.get(Count.RETRIES));
    assertEquals(16, server.seen.size());
  }

  @Test
  void garbageForEverIsOneShortSentence() {
    server.always(ChatServer.status(200, "<html>" + "sk-secret-123 \n".repeat(500)));
    String message = failure();
    assertTrue(message.contains("expected JSON but found: <html>*** ***") && message.length() < 400, message);
  }

  @Test
  void anAnswerThatRanIntoItsLimitIsCut() {
    server.then(ChatServer.completion(r -> "and so", "length"), ChatServer.completion(r -> "and", "content_filter"));
    assertEquals(new Writer.Answer("and so", true), writer().write(REQUEST));
    assertTrue(writer().write(REQUEST).cut());
  }

  @Test
  void aRefusalInItsOwnFieldIsTheAnswer() {
    server.then(ChatServer.status(200, "{\"choices\": [{\"message\": {\"content\": null, \"refusal\": \"No.\"}}]}"));
    assertEquals("No.", writer().write(REQUEST).text());
  }

  @Test
  void aWrongKeyIsFinalAndNamesTheVariableButNotTheKey() {
    server.always(ChatServer.status(401, "{\"error\": {\"message\": \"Incorrect API key: sk-secret-123\"}}"));
    String message = failure();
    assertTrue(message.contains("status 401: Incorrect API key: ***; the key comes from the environment variable"
        + " TEST_KEY"), message);
    assertEquals(1, server.seen.size());
  }

  @Test
  void otherRefusedRequestsAreFinalWithTheServersWords() {
    server.always(ChatServer.status(400, "{\"detail\": \"?\", \"message\": \"the model is not loaded\"}"));
    assertTrue(failure().endsWith("status 400: the model is not loaded"));
    server.always(ChatServer.status(422, "{\"error\": {\"code\": 7}}"));
    assertTrue(failure().endsWith("status 422: {\"error\": {\"code\": 7}}"));
    server.always(ChatServer.status(404, "nothing here"));
    assertTrue(failure().contains("status 404: nothing here; expected the address"));
    server.always(ChatServer.status(302, "", "Location", "http://127.0.0.1:1/"));
    assertTrue(failure().endsWith("found status 302"));
    assertEquals(4, server.seen.size());
  }

  @Test
  void aModelThatWantsTheNewNameOfTheLimitGetsIt() {
    server.then(ChatServer.status(400,
        "{\"error\": {\"message\": \"Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.\"}}"));
    var writer = writer();
    writer.write(REQUEST);
    writer.write(REQUEST);
    assertEquals(3, server.seen.size());
    assertEquals(100, server.seen.get(2).body().get("max_completion_tokens").asInt());
    assertNull(server.seen.get(2).body().get("max_tokens"));
  }

  @Test
  void anAddressWhereNothingAnswersIsNamed() {
    server.close();
    assertTrue(failure().contains(server.url() + "/chat/completions: no answer after 4 requests: nothing answers"));
    var o = server.options();
    var url = URI.create("http://lodestone.invalid/v1");
    var nowhere = writer(new ChatOptions(url, "m", "", "K", 1, o.timeout(), 0, 0));
    assertTrue(assertThrows(LodestoneException.class, () -> nowhere.write(REQUEST)).getMessage()
        .contains("there is no host of that name"));
  }

  @Test
  void requestsAreSpacedOverTheMinute() {
    var writer = writer(with(Duration.ofSeconds(20), 0, 30));
    for (int i = 0; i < 4; i++) {
      writer.write(REQUEST);
    }
    assertEquals(List.of(Duration.ofSeconds(2), Duration.ofSeconds(2), Duration.ofSeconds(2)), time.slept);
  }

  @Test
  void fourThreadsShareAWriter() throws Exception {
    server.always(ChatServer.completion(r -> "echo " + r.at("/messages/1/content").asText(), "stop"));
    var writer = writer();
    var threads = Executors.newFixedThreadPool(4);
    var answers = threads.invokeAll(IntStream.range(0, 40).<Callable<String>>mapToObj(
        i -> () -> writer.write(new Writer.Request("", "p" + i, i, 10)).text()).toList());
    for (int i = 0; i < 40; i++) {
      assertEquals("echo p" + i, answers.get(i).get());
    }
    threads.shutdown();
    assertEquals(40, statistics.get(Count.REQUESTS));
    assertEquals(280, statistics.get(Count.PROMPT_TOKENS));
  }

  @Test
  void aKeyThatNoHeaderCanHoldIsRefusedWithoutShowingIt() {
    var message = assertThrows(LodestoneException.class, () -> new ChatOptions(server.url(), "m", "sk-\nsecret",
        "MY_KEY", 1, Duration.ofSeconds(1), 0, 0)).getMessage();
    assertTrue(message.contains("MY_KEY") && !message.contains("secret"), message);
  }

  @Test
  void onlyPlainWebAddressesAreTaken() {
    assertEquals(URI.create("https://api.example.org/v1"), ChatOptions.parseUrl(" https://api.example.org/v1/ "));
    for (String bad : List.of("localhost:8080", "ftp://x/y", "http://", "http://me:pass@host/v1", "http://h/v1?a=b",
        "http://h /v1", "")) {
      var message = assertThrows(LodestoneException.class, () -> ChatOptions.parseUrl(bad), bad).getMessage();
      assertFalse(message.contains("pass"), message);
    }
  }
}
