package dev.lodestone.lab.quickstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lodestone.LodestoneException;
import dev.lodestone.engine.Device;
import dev.lodestone.engine.Engine;
import dev.lodestone.heads.ScoreFile;
import dev.lodestone.lab.train.Checkpoint;
import dev.lodestone.lab.train.TrainListener;
import dev.lodestone.model.ModelFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QuickstartTest {
  /** A story too short to learn anything: it is about the parts and their files. */
  private static final Quickstart.Size SHORT = new Quickstart.Size(3, 2, 20, 4, 3, 2);

  @TempDir Path folder;

  private Story tell(String out, List<String> chapters) throws IOException {
    try (Engine engine = Engine.open(Device.CPU)) {
      return Quickstart.run(engine, folder.resolve(out), SHORT, 1, TrainListener.NONE, chapters::add);
    }
  }

  @Test
  void leavesEveryFileAndTheSameStoryForTheSameSeed() throws IOException {
    var chapters = new ArrayList<String>();
    Story story = tell("a", chapters);
    assertTrue(chapters.size() >= 5, chapters.toString());
    Path out = folder.resolve("a");
    assertEquals(3, Checkpoint.last(out.resolve("train")).orElseThrow().step());
    Path extended = Checkpoint.last(out.resolve("extend")).orElseThrow().folder();
    try (ModelFolder model = ModelFolder.open(extended)) {
      assertEquals(Quickstart.EXTENDED_THETA, model.config().rope().theta());
      assertEquals(Quickstart.LONG, model.config().maxPositions());
    }
    assertEquals(3, ScoreFile.read(out.resolve("heads-short.json")).layers());
    assertTrue(Files.size(out.resolve("quickstart.json")) > 0);
    assertEquals(20 * NeedleText.ANSWER, story.trained().learned().of());
    assertEquals(4 * NeedleText.ANSWER, story.extended().longer().of());
    assertEquals(2, story.trained().controls().size());

    ObjectNode first = story.toJson();
    ObjectNode second = tell("b", chapters).toJson();
    assertEquals(first.without("seconds").toString(), second.without("seconds").toString());
  }

  @Test
  void aFolderWithFilesIsRefused() throws IOException {
    Files.createDirectories(folder.resolve("a"));
    Files.writeString(folder.resolve("a/mine.txt"), "text");
    var e = assertThrows(LodestoneException.class, () -> tell("a", new ArrayList<>()));
    assertTrue(e.getMessage().contains("is not empty"), e.getMessage());
  }
}
