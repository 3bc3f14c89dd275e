package dev.lodestone.synth.write;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.lodestone.io.Json;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;

/** A real HTTP server on loopback that answers as it is told and remembers what it was asked. */
final class ChatServer implements AutoCloseable {
  /** How to answer one request. */
  interface Reply {
    void send(HttpExchange exchange, JsonNode request) throws IOException;
  }

  /** A request as it came. */
  record Seen(Map<String, List<String>> headers, JsonNode body) {
    String prompt() {
      return body.at("/messages/1/content").asText();
    }
  }

  private final HttpServer server;
  private final ExecutorService threads = Executors.newFixedThreadPool(8);
  private final ArrayDeque<Reply> replies = new ArrayDeque<>();
  private Reply otherwise = text("all good");
  final List<Seen> seen = new CopyOnWriteArrayList<>();

  ChatServer() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/v1/chat/completions", this::answer);
    server.setExecutor(threads);
    server.start();
  }

  URI url() {
    return URI.create("http://" + server.getAddress().getHostString() + ":" + server.getAddress().getPort() + "/v1");
  }

  /** What comes next, and after that. */
  ChatServer then(Reply... next) {
    replies.addAll(List.of(next));
    return this;
  }

  /** What comes when nothing else is in the queue. */
  ChatServer always(Reply reply) {
    otherwise = reply;
    return this;
  }

  /** Options without patience for tests without waiting. */
  ChatOptions options() {
    return new ChatOptions(url(), "test-model", "sk-secret-123", "TEST_KEY", 0.5, Duration.ofSeconds(20), 3, 0);
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      JsonNode body = Json.mapper().readTree(exchange.getRequestBody());
      Reply reply;
      synchronized (this) {
        seen.add(new Seen(exchange.getRequestHeaders(), body));
        reply = replies.isEmpty() ? otherwise : replies.poll();
      }
      reply.send(exchange, body);
    }
  }

  static Reply text(String text) {
    return completion(request -> text, "stop");
  }

  /** A whole answer as a server writes it. */
  static Reply completion(Function<JsonNode, String> text, String finish) {
    return (exchange, request) -> {
      var root = Json.mapper().createObjectNode();
      var choice = root.putArray("choices").addObject().put("index", 0).put("finish_reason", finish);
      choice.putObject("message").put("role", "assistant").put("content", text.apply(request));
      root.putObject("usage").put("prompt_tokens", 7).put("completion_tokens", 3);
      send(exchange, 200, root.toString());
    };
  }

  static Reply status(int status, String body, String... header) {
    return (exchange, request) -> {
      if (header.length > 0) {
        exchange.getResponseHeaders().add(header[0], header[1]);
      }
      send(exchange, status, body);
    };
  }

  /** Says more bytes than it sends. */
  static Reply half(String body) {
    return (exchange, request) -> {
      exchange.sendResponseHeaders(200, body.length() + 1000L);
      exchange.getResponseBody().write(body.getBytes(StandardCharsets.UTF_8));
      exchange.getResponseBody().flush();
    };
  }

  /** Begins an answer and goes quiet. */
  static Reply stall(Duration duration) {
    return (exchange, request) -> {
      exchange.sendResponseHeaders(200, 1000);
      exchange.getResponseBody().write('{');
      exchange.getResponseBody().flush();
      try {
        Thread.sleep(duration.toMillis());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt(); // the server is being closed
      }
    };
  }

  private static void send(HttpExchange exchange, int status, String body) throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
    exchange.getResponseBody().write(bytes);
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
