package dev.lodestone.synth.write;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lodestone.LodestoneException;
import dev.lodestone.io.Json;
import dev.lodestone.synth.write.WriterStatistics.Count;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A model behind an OpenAI-compatible {@code /chat/completions} endpoint (llama.cpp, vLLM, Ollama, hosted services).
 *
 * <p>What passes is tried again: no connection, no answer in time, status 408, 409, 429 and 5xx, an answer that is not
 * the expected JSON or breaks off. It waits as long as {@code Retry-After} says, otherwise 1 s, 2 s, 4 s ... up to a
 * minute, the half of it by chance. Every other status is final, with the server's own words. The key appears in no
 * message.
 */
public final class ChatWriter implements Writer {
  private static final Set<Integer> PASSING = Set.of(408, 409, 429);
  private static final Duration LONGEST_BACKOFF = Duration.ofMinutes(1);

  private final ChatOptions options;
  private final WriterStatistics statistics;
  private final Time time;
  private final RateLimit limit;
  private final URI endpoint;
  private final HttpClient client;
  private volatile String lengthField = "max_tokens";

  public ChatWriter(ChatOptions options, WriterStatistics statistics) {
    this(options, statistics, Time.SYSTEM);
  }

  ChatWriter(ChatOptions options, WriterStatistics statistics, Time time) {
    this.options = options;
    this.statistics = statistics;
    this.time = time;
    limit = new RateLimit(options.requestsPerMinute(), time);
    endpoint = URI.create(options.url() + "/chat/completions");
    // Small servers stumble over the offer of HTTP/2 that Java otherwise sends along.
    client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(options.timeout()).build();
  }

  @Override
  public String name() {
    return options.model() + ", temperature " + options.temperature();
  }

  @Override
  public Answer write(Request request) {
    try {
      for (int attempt = 0;; attempt++) {
        try {
          limit.acquire();
          statistics.add(Count.REQUESTS);
          return ask(request);
        } catch (PassingException e) {
          if (attempt == options.retries()) {
            throw new LodestoneException(endpoint + ": no answer after " + (attempt + 1) + " requests: "
                + e.getMessage() + "; what was written is kept: try again later", e);
          }
          statistics.add(Count.RETRIES);
          time.sleep(e.wait == null ? backoff(attempt) : e.wait);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LodestoneException("interrupted while waiting for " + endpoint, e);
    }
  }

  private static Duration backoff(int attempt) {
    long whole = Math.min(LONGEST_BACKOFF.toMillis(), 1000L << Math.min(attempt, 10));
    return Duration.ofMillis(whole / 2 + ThreadLocalRandom.current().nextLong(whole / 2 + 1));
  }

  private Answer ask(Request request) throws PassingException, InterruptedException {
    String field = lengthField;
    HttpResponse<byte[]> response = send(body(request, field));
    int status = response.statusCode();
    if (status / 100 == 2) {
      return answer(response.body());
    }
    String said = "status " + status + ChatErrors.message(response.body(), options.key());
    if (PASSING.contains(status) || status / 100 == 5) {
      throw new PassingException(said, ChatErrors.retryAfter(response.headers()), null);
    }
    if (status == 400 && field.equals("max_tokens") && said.contains("max_completion_tokens")) {
      lengthField = "max_completion_tokens"; // newer models of OpenAI know the limit by this name only
      throw new PassingException(said, Duration.ZERO, null);
    }
    throw new LodestoneException(endpoint + ": expected an answer but found " + said + hint(status));
  }

  private String hint(int status) {
    return switch (status) {
      case 401, 403 -> "; the key comes from the environment variable " + options.keyName()
          + (options.key().isEmpty() ? ", which is not set" : "");
      case 404 -> "; expected the address of a server such as http://localhost:8080/v1, and a model that it has";
      default -> "";
    };
  }

  private byte[] body(Request request, String lengthField) {
    var body = Json.mapper().createObjectNode().put("model", options.model());
    var messages = body.putArray("messages");
    messages.addObject().put("role", "system").put("content", request.system());
    messages.addObject().put("role", "user").put("content", request.prompt());
    body.put("temperature", options.temperature()).put("seed", request.seed() & Integer.MAX_VALUE)
        .put(lengthField, request.maxTokens()).put("stream", false);
    return body.toString().getBytes(StandardCharsets.UTF_8);
  }

  /** Waits for the whole answer: the timeout of HttpRequest ends where the body begins. */
  private HttpResponse<byte[]> send(byte[] body) throws PassingException, InterruptedException {
    var request = HttpRequest.newBuilder(endpoint).header("Content-Type", "application/json")
        .POST(HttpRequest.BodyPublishers.ofByteArray(body));
    if (!options.key().isEmpty()) {
      request.header("Authorization", "Bearer " + options.key());
    }
    var sent = client.sendAsync(request.build(), LimitedBody.handler());
    try {
      return sent.get(options.timeout().toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      throw new PassingException("nothing came within " + options.timeout().toSeconds() + " s", null, e);
    } catch (ExecutionException e) {
      throw new PassingException(ChatErrors.reason(e.getCause()), null, e.getCause());
    } finally {
      sent.cancel(true);
    }
  }

  private Answer answer(byte[] body) throws PassingException {
    JsonNode root;
    try {
      root = Json.mapper().readTree(body);
    } catch (IOException e) {
      throw new PassingException("expected JSON but found" + ChatErrors.message(body, options.key()), null, e);
    }
    JsonNode choice = root.path("choices").path(0);
    JsonNode text = choice.path("message").path(choice.path("message").hasNonNull("refusal") ? "refusal" : "content");
    if (!text.isTextual()) {
      throw new PassingException("expected an object with choices[0].message.content but found"
          + ChatErrors.message(body, options.key()), null, null);
    }
    statistics.add(Count.PROMPT_TOKENS, root.path("usage").path("prompt_tokens").asLong());
    statistics.add(Count.ANSWER_TOKENS, root.path("usage").path("completion_tokens").asLong());
    String end = choice.path("finish_reason").asText();
    return new Answer(text.asText(), end.equals("length") || end.equals("content_filter"));
  }

  /** The connections close by themselves when they are idle. */
  @Override
  public void close() {}

  /** Something that another try may mend. */
  private static final class PassingException extends Exception {
    private final Duration wait; // null: not said

    PassingException(String message, Duration wait, Throwable cause) {
      super(message, cause);
      this.wait = wait;
    }
  }
}
