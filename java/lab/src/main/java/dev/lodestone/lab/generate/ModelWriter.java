package dev.lodestone.lab.generate;

import dev.lodestone.LodestoneException;
import dev.lodestone.data.ChatTemplate;
import dev.lodestone.engine.Engine;
import dev.lodestone.engine.Model;
import dev.lodestone.lab.eval.GreedyDecoder;
import dev.lodestone.lab.eval.ModelSamples;
import dev.lodestone.model.ModelFolder;
import dev.lodestone.synth.write.Writer;
import dev.lodestone.synth.write.WriterStatistics;
import dev.lodestone.synth.write.WriterStatistics.Count;
import dev.lodestone.text.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * A writer that is a model folder, run by the engine. It decodes greedily, so seeds change nothing. The prompt is put
 * into ChatML turns if the tokenizer knows them, otherwise it goes in as plain text. Requests that come while the model
 * is busy are then decoded together.
 */
public final class ModelWriter implements Writer {
  private record Waiting(int[] prompt, int maxTokens, CompletableFuture<Answer> answer) {}

  private final Path folder;
  private final Tokenizer tokenizer;
  private final Model model;
  private final WriterStatistics statistics;
  private final boolean chatMl;
  private final Set<Integer> endTokens;
  private final Object busy = new Object();
  private List<Waiting> queue = new ArrayList<>();

  private ModelWriter(ModelFolder folder, Tokenizer tokenizer, Engine engine, WriterStatistics statistics) {
    this.folder = folder.path().toAbsolutePath().normalize();
    this.tokenizer = tokenizer;
    this.statistics = statistics;
    tokenizer.requireFits(folder.config().vocabulary());
    chatMl = isSpecial("<|im_start|>") && isSpecial("<|im_end|>");
    endTokens = new TreeSet<>(new ModelSamples(List.of(), tokenizer).stopTokens(folder));
    if (chatMl) {
      endTokens.add(tokenizer.encode("<|im_end|>", false).ids()[0]);
    }
    model = Model.load(engine, folder);
  }

  /** Loads the model; the engine must stay open as long as the writer. */
  public static ModelWriter open(Engine engine, Path folder, WriterStatistics statistics) {
    try (ModelFolder opened = ModelFolder.open(folder)) {
      opened.check();
      var tokenizer = Tokenizer.load(folder);
      try {
        return new ModelWriter(opened, tokenizer, engine, statistics);
      } catch (RuntimeException e) {
        tokenizer.close();
        throw e;
      }
    }
  }

  private boolean isSpecial(String token) {
    int[] ids = tokenizer.encode(token, false).ids();
    return ids.length == 1 && tokenizer.specialIds().contains(ids[0]);
  }

  /** The folder and how it is decoded; other weights in the same folder have the same name. */
  @Override
  public String name() {
    return folder + ", greedy";
  }

  @Override
  public Answer write(Request request) {
    var waiting = new Waiting(prompt(request), request.maxTokens(), new CompletableFuture<>());
    synchronized (this) {
      queue.add(waiting);
    }
    synchronized (busy) {
      if (!waiting.answer().isDone()) { // otherwise another thread took this request along
        decode(takeQueue());
      }
    }
    try {
      return waiting.answer().join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof LodestoneException said ? said : e;
    }
  }

  private int[] prompt(Request request) {
    var turns = ChatTemplate.chatMl(request.system());
    int[] ids = tokenizer.encode(chatMl ? turns.prefix() + request.prompt() + turns.suffix()
        : request.system() + "\n\n" + request.prompt() + "\n", false).ids();
    if (ids.length + (long) request.maxTokens() > model.config().maxPositions()) {
      throw new LodestoneException(folder + ": expected a prompt of " + ids.length + " tokens and an answer of up to "
          + request.maxTokens() + " to fit into the model's " + model.config().maxPositions()
          + " positions; ask for shorter texts or fewer tokens");
    }
    return ids;
  }

  private synchronized List<Waiting> takeQueue() {
    List<Waiting> taken = queue;
    queue = new ArrayList<>();
    return taken;
  }

  /** Answers all of them, or fails them all. */
  private void decode(List<Waiting> requests) {
    try {
      int longest = requests.stream().mapToInt(Waiting::maxTokens).max().orElseThrow();
      GreedyDecoder.decode(model, requests.stream().map(Waiting::prompt).toList(),
          GreedyDecoder.Options.of(longest, endTokens), (i, tokens) -> answer(requests.get(i), tokens));
    } catch (Throwable e) { // whatever it is, nobody must wait for ever
      requests.forEach(request -> request.answer().completeExceptionally(e));
    }
  }

  private void answer(Waiting request, int[] tokens) {
    int[] kept = Arrays.copyOf(tokens, Math.min(tokens.length, request.maxTokens()));
    statistics.add(Count.REQUESTS);
    statistics.add(Count.PROMPT_TOKENS, request.prompt().length);
    statistics.add(Count.ANSWER_TOKENS, kept.length);
    boolean ended = endTokens.contains(kept[kept.length - 1]);
    request.answer().complete(new Answer(tokenizer.decode(kept), !ended));
  }

  @Override
  public void close() {
    model.close();
    tokenizer.close();
  }
}
