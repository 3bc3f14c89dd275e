package dev.lodestone.synth.write;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lodestone.io.Json;
import java.io.IOException;
import java.net.ConnectException;
import java.net.http.HttpHeaders;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.Objects;
import java.util.stream.Stream;

/** What a server or a connection says when it fails, in a few words. */
final class ChatErrors {
  private static final Duration LONGEST_WAIT = Duration.ofMinutes(10);
  private static final int LONGEST_MESSAGE = 200;

  private ChatErrors() {}

  /** How long to wait, at most ten minutes; null if there is no such header. */
  static Duration retryAfter(HttpHeaders headers) {
    String value = headers.firstValue("Retry-After").orElse("").strip();
    Duration wait;
    try {
      wait = value.chars().allMatch(Character::isDigit) ? Duration.ofSeconds(Long.parseLong(value))
          : Duration.between(Instant.now(), DateTimeFormatter.RFC_1123_DATE_TIME.parse(value, Instant::from));
    } catch (DateTimeException | ArithmeticException | NumberFormatException e) {
      return null;
    }
    return wait.isNegative() ? Duration.ZERO : wait.compareTo(LONGEST_WAIT) > 0 ? LONGEST_WAIT : wait;
  }

  /** The message of an answer that is an error, as {@code ": ..."}, short and without the key; empty if it has none. */
  static String message(byte[] body, String key) {
    String text = new String(body, StandardCharsets.UTF_8);
    try {
      JsonNode root = Json.mapper().readTree(body);
      text = Stream.of(root.at("/error/message"), root.path("error"), root.path("message"))
          .filter(JsonNode::isTextual).findFirst().map(JsonNode::asText).orElse(text);
    } catch (IOException e) {
      // Not JSON, a page of a proxy perhaps: its first words.
    }
    text = (key.isEmpty() ? text : text.replace(key, "***")).replaceAll("[\\p{Cntrl}\\s]+", " ").strip();
    if (text.length() > LONGEST_MESSAGE) {
      text = text.substring(0, text.offsetByCodePoints(0, text.codePointCount(0, LONGEST_MESSAGE))) + "...";
    }
    return text.isEmpty() ? "" : ": " + text;
  }

  /** Why no answer came. */
  static String reason(Throwable e) {
    if (e instanceof HttpTimeoutException) {
      return "no connection in time";
    } else if (e instanceof ConnectException) {
      boolean unknown = Stream.iterate(e, Objects::nonNull, Throwable::getCause)
          .anyMatch(UnresolvedAddressException.class::isInstance);
      return unknown ? "there is no host of that name" : "nothing answers at that address";
    }
    return "the connection failed (" + (e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage()) + ")";
  }
}
