package dev.lodestone.lab.quickstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.LodestoneException;
import dev.lodestone.engine.Device;
import dev.lodestone.engine.Engine;
import dev.lodestone.heads.ScoreFile;
import dev.lodestone.io.Json;
import dev.lodestone.lab.train.Checkpoint;
import dev.lodestone.lab.train.TrainListener;
import dev.lodestone.model.ModelFolder;
import dev.lodestone.stats.Descriptive;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QuickstartTest {
  @TempDir Path folder;

  private Story tell(String out, Quickstart.Size size) throws IOException {
    try (Engine engine = Engine.open(Device.CPU)) {
      return Quickstart.run(engine, folder.resolve(out), size, 1, TrainListener.NONE, chapter -> {});
    }
  }

  @Test
  void extendsFindsAndKnocksOut() throws IOException {
    Story story = tell("a", new Quickstart.Size(2, 25, 16, 16, 4));
    assertTrue(story.brief() > 0.9, "at 64 tokens " + story.brief());
    assertTrue(story.far() < 0.1, "at 512 tokens " + story.far());
    assertTrue(story.real().right() > 0.6, "extended " + story.real().right());
    double others = Descriptive.mean(story.knockout().others());
    assertTrue(story.knockout().right() < others / 2, story.knockout().right() + " against " + others);

    Path out = folder.resolve("a");
    for (var extended : story.extended()) {
      Path run = Checkpoint.last(out.resolve("runs/" + extended.name())).orElseThrow().folder();
      try (ModelFolder model = ModelFolder.open(run)) {
        assertEquals(10_000, model.config().rope().theta());
        assertEquals(Quickstart.LONG, model.config().maxPositions());
      }
      assertEquals(6, ScoreFile.read(out.resolve("heads/" + extended.name() + ".json")).layers());
      assertEquals(25, extended.losses().length);
    }
    assertEquals(story.toJson().toString(),
        Json.readFile(out.resolve("quickstart.json")).toString());
    String page = Files.readString(out.resolve("report.html"));
    for (String part : List.of("realistic-repeated", "Without heads", "Heads that retrieve", story.samples().get(2).prompt())) {
      assertTrue(page.contains(part), part);
    }
  }

  @Test
  void theSameSeedIsTheSameStory() throws IOException {
    var size = new Quickstart.Size(1, 8, 4, 24, 1);
    var stories = new ArrayList<String>();
    for (String out : List.of("a", "b")) {
      stories.add(tell(out, size).toJson().without("seconds").toString());
    }
    assertEquals(stories.get(0), stories.get(1));
  }

  @Test
  void aFolderWithFilesIsRefused() throws IOException {
    Files.createDirectories(folder.resolve("a"));
    Files.writeString(folder.resolve("a/mine.txt"), "text");
    var e = assertThrows(LodestoneException.class, () -> tell("a", Quickstart.Size.DEFAULT));
    assertTrue(e.getMessage().contains("is not empty"), e.getMessage());
  }
}
