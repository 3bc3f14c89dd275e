package dev.lodestone.synth.write;

import dev.lodestone.LodestoneException;
import dev.lodestone.synth.write.WriterStatistics.Count;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Has texts written around facts and checks each: no refusal, no word to the reader, about as long as asked, every
 * required string in it to the letter and none that is forbidden. A text that fails is written again, told what was
 * wrong; after so many attempts it is dropped. All of it is counted. Whether the sentences around the required strings
 * say what the facts say is not checked.
 */
public final class FactWriter implements AutoCloseable {
  /** Attempts at a text unless something else is said. */
  public static final int ATTEMPTS = 3;

  private final Writer writer;
  private final int attempts;
  private final int maxTokens;
  private final WriterStatistics statistics;
  private final ExecutorService threads;

  /**
   * Owns the writer.
   *
   * @param maxTokens the longest answer that the writer is asked for
   * @param parallel how many texts are written at a time
   */
  public FactWriter(Writer writer, int attempts, int maxTokens, int parallel, WriterStatistics statistics) {
    if (attempts < 1 || maxTokens < 1) {
      throw new IllegalArgumentException("attempts " + attempts + ", tokens " + maxTokens);
    }
    this.writer = writer;
    this.attempts = attempts;
    this.maxTokens = maxTokens;
    this.statistics = statistics;
    threads = Executors.newFixedThreadPool(parallel, task -> {
      var thread = new Thread(task, "writer");
      thread.setDaemon(true);
      return thread;
    });
  }

  /** The model and its settings, for the record of how data were made. */
  public String name() {
    return writer.name();
  }

  public WriterStatistics statistics() {
    return statistics;
  }

  /**
   * The text, or nothing if no attempt was good; {@link LodestoneException} if the writer has no answer.
   */
  public Optional<String> write(FactRequest request) {
    String advice = "";
    for (int attempt = 0; attempt < attempts; attempt++) {
      var answer = writer.write(new Writer.Request(FactPrompt.SYSTEM, FactPrompt.of(request, attempt, advice),
          request.seed() + attempt, maxTokens));
      String text = AnswerText.clean(answer.text(), request.title());
      var problem = FactCheck.find(request, text, answer.cut());
      if (problem.isEmpty()) {
        statistics.add(Count.KEPT);
        return Optional.of(text);
      }
      statistics.add(problem.get().kind());
      advice = problem.get().advice();
    }
    statistics.add(Count.DROPPED);
    return Optional.empty();
  }

  /** The texts of several requests in their order, written side by side. The first failure ends the others. */
  public List<Optional<String>> writeAll(List<FactRequest> requests) {
    List<Future<Optional<String>>> running =
        requests.stream().map(request -> threads.submit(() -> write(request))).toList();
    try {
      return running.stream().map(FactWriter::get).toList();
    } finally {
      running.forEach(future -> future.cancel(true));
    }
  }

  private static Optional<String> get(Future<Optional<String>> future) {
    try {
      return future.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LodestoneException("interrupted while texts were written", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof Error error) {
        throw error;
      }
      throw (RuntimeException) e.getCause(); // write throws no other
    }
  }

  @Override
  public void close() {
    threads.shutdownNow();
    writer.close();
  }
}
