package dev.lodestone.synth.write;

import dev.lodestone.LodestoneException;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;

/**
 * Which model a {@link ChatWriter} asks, and how patiently.
 *
 * @param url of the server, up to where {@code /chat/completions} follows, e.g. {@code http://localhost:8080/v1}
 * @param key sent as a bearer token; empty for none
 * @param keyName the environment variable that the key was taken from, for messages
 * @param temperature of the sampling
 * @param timeout of one request, from its first byte to the answer's last
 * @param retries how often a request is sent again
 * @param requestsPerMinute 0 for any number
 */
public record ChatOptions(URI url, String model, String key, String keyName, double temperature, Duration timeout,
    int retries, int requestsPerMinute) {
  /** Checks everything that would fail later. */
  public ChatOptions {
    if (model.isBlank()) {
      throw new LodestoneException("expected the name of a model for " + url + " but found none");
    }
    key = key.strip();
    if (!key.chars().allMatch(c -> c > ' ' && c < 0x7f)) { // Java's own message would show the key
      throw new LodestoneException("expected a key of printable ASCII characters in the environment variable "
          + keyName + " but found others");
    }
    if (!(temperature >= 0) || timeout.isNegative() || timeout.isZero() || retries < 0 || requestsPerMinute < 0) {
      throw new IllegalArgumentException("temperature " + temperature + ", timeout " + timeout + ", retries " + retries
          + ", requests a minute " + requestsPerMinute);
    }
  }

  /** A server's address as it is written on a command line; {@link LodestoneException} if it is none. */
  public static URI parseUrl(String text) {
    String plain = text.strip().replaceAll("/+$", "");
    try {
      var url = new URI(plain);
      boolean web = "http".equalsIgnoreCase(url.getScheme()) || "https".equalsIgnoreCase(url.getScheme());
      if (web && url.getHost() != null && url.getUserInfo() == null && url.getQuery() == null
          && url.getFragment() == null) {
        return url;
      }
    } catch (URISyntaxException e) {
      // The sentence below says what is expected; it does not repeat the text, which may hold a password.
    }
    throw new LodestoneException("expected an address such as http://localhost:8080/v1 or https://api.openai.com/v1,"
        + " without user, query or fragment");
  }
}
