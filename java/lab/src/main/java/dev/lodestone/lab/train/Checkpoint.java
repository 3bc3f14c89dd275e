package dev.lodestone.lab.train;

import dev.lodestone.LodestoneException;
import dev.lodestone.engine.Mode;
import dev.lodestone.engine.Model;
import dev.lodestone.engine.Trainer;
import dev.lodestone.io.Json;
import dev.lodestone.model.ModelFolder;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A step of a run on the disk: {@code step_NNNNNNNN/} with a whole Hugging Face model folder, {@code state.bin} (the
 * optimizer) and {@code DONE}. It is written under another name and renamed, so a folder with {@code DONE} is whole.
 * The bytes are a function of the configuration and the step alone: no time, no path, no host.
 *
 * <p>The model is the trained one, adapters merged. In mode lora they lie beside it in {@code adapter/}, as PEFT reads
 * them, and a run goes on from them and the model that it began with.
 *
 * <p>{@code state.bin} is what {@link Trainer#saveState} writes: the step, AdamW's moments, and weights that the model
 * does not hold to the bit. The order of the data is a function of the step ({@link Packing}), so nothing else is
 * needed to go on.
 *
 * @param folder the step's folder
 * @param step optimizer steps taken
 */
public record Checkpoint(Path folder, long step) {
  private static final Pattern NAME = Pattern.compile("step_(\\d{8})");
  private static final String DONE = "DONE";
  private static final String STATE = "state.bin";
  private static final String ADAPTER = "adapter";

  /**
   * Writes a checkpoint of a run; {@code source} gives what training does not change: the tokenizer, and what
   * its configuration says beyond the engine's.
   */
  static Checkpoint write(Path run, long step, Model model, Mode mode, Trainer trainer, ModelFolder source)
      throws IOException {
    Path name = run.resolve("step_%08d".formatted(step));
    Path unfinished = run.resolve(".step_%08d.tmp-%d".formatted(step, ProcessHandle.current().pid()));
    try {
      Durable.delete(unfinished);
      Files.createDirectory(unfinished);
      trainer.save(unfinished, Map.of("format", "pt")); // what transformers asks of a safetensors file
      Json.writeFile(unfinished.resolve("config.json"), model.config().toJson(source.rawConfig()));
      ModelFolder.copyTokenizer(source.path(), unfinished);
      writeState(unfinished.resolve(STATE), trainer);
      if (mode instanceof Mode.Lora) {
        Path adapter = Files.createDirectory(unfinished.resolve(ADAPTER)); // apart, or transformers would add it again
        trainer.saveAdapter(adapter);
        Durable.syncAll(adapter);
      }
      Durable.syncAll(unfinished);
      Path done = Files.createFile(unfinished.resolve(DONE));
      Durable.sync(done);
      Durable.publish(unfinished, name);
      return new Checkpoint(name, step);
    } catch (IOException | RuntimeException e) {
      Durable.delete(unfinished);
      throw e;
    }
  }

  private static void writeState(Path file, Trainer trainer) throws IOException {
    try (var channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      trainer.saveState(channel);
    } catch (LodestoneException e) {
      throw new LodestoneException(file + ": " + e.getMessage(), e);
    }
  }

  /** Brings a trainer to the state that it had at this step. */
  void restore(Trainer trainer) throws IOException {
    Path file = folder.resolve(STATE);
    try (var channel = FileChannel.open(file, StandardOpenOption.READ)) {
      trainer.loadState(channel);
    } catch (LodestoneException e) {
      throw new LodestoneException(file + ": " + e.getMessage(), e);
    }
    if (trainer.steps() != step) {
      throw new LodestoneException(file + ": expected step " + step + " but found " + trainer.steps());
    }
  }

  /** The finished checkpoints of a run, oldest first. */
  public static List<Checkpoint> finished(Path run) throws IOException {
    var found = new ArrayList<Checkpoint>();
    for (Path folder : Durable.list(run)) {
      var name = NAME.matcher(folder.getFileName().toString());
      if (name.matches() && Files.exists(folder.resolve(DONE))) {
        found.add(new Checkpoint(folder, Long.parseLong(name.group(1))));
      }
    }
    return found;
  }

  /** The newest finished checkpoint of a run. */
  public static Optional<Checkpoint> last(Path run) throws IOException {
    List<Checkpoint> all = finished(run);
    return all.isEmpty() ? Optional.empty() : Optional.of(all.get(all.size() - 1));
  }

  /** Deletes what a killed run left unfinished. */
  static void sweep(Path run) throws IOException {
    for (Path entry : Durable.list(run)) {
      String name = entry.getFileName().toString();
      boolean half = NAME.matcher(name).matches() && !Files.exists(entry.resolve(DONE));
      if (half || name.startsWith(".") && name.contains(".tmp-")) {
        Durable.delete(entry);
      }
    }
  }

  /** Deletes all but the {@code keep} newest checkpoints; 0 keeps all. */
  static void prune(Path run, int keep) throws IOException {
    List<Checkpoint> all = finished(run);
    for (Checkpoint old : keep == 0 ? List.<Checkpoint>of() : all.subList(0, Math.max(0, all.size() - keep))) {
      Files.deleteIfExists(old.folder().resolve(DONE)); // first: half a folder must not look whole
      Durable.delete(old.folder());
    }
  }
}
