package dev.lodestone.synth.write;

import java.io.ByteArrayOutputStream;
import java.net.http.HttpResponse;

/** The body of an answer, of which no more than 16 MiB are kept: what is longer is no answer and will not parse. */
final class LimitedBody {
  private static final int LIMIT = 1 << 24;

  private LimitedBody() {}

  static HttpResponse.BodyHandler<byte[]> handler() {
    return information -> {
      var kept = new ByteArrayOutputStream();
      return HttpResponse.BodySubscribers.mapping(HttpResponse.BodySubscribers.ofByteArrayConsumer(
          bytes -> bytes.ifPresent(b -> kept.write(b, 0, Math.min(b.length, LIMIT - kept.size())))),
          done -> kept.toByteArray());
    };
  }
}
