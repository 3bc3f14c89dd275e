package dev.lodestone.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.LodestoneException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class CliErrorsTest {
  @Test
  void ourOwnSentencesAreShownAsTheyAre() {
    assertEquals("expected 3 but found 4", CliErrors.sentence(new LodestoneException("expected 3 but found 4")));
  }

  @Test
  void filesAreNamed() {
    assertEquals("/x/y: no such file or folder", CliErrors.sentence(new NoSuchFileException("/x/y")));
    assertEquals("/x/y: access denied",
        CliErrors.sentence(new UncheckedIOException(new AccessDeniedException("/x/y"))));
    assertTrue(CliErrors.sentence(new IOException("No space left on device")).endsWith("No space left on device"));
  }

  @Test
  void whatNobodyForesawSaysHowToReportIt() {
    String sentence = CliErrors.sentence(new IllegalStateException("first\nsecond"));
    assertTrue(sentence.contains("IllegalStateException: first (--verbose"), sentence);
    assertEquals(1, sentence.lines().count());
    assertTrue(CliErrors.sentence(new OutOfMemoryError("Java heap space")).startsWith("out of memory: Java heap space"));
    assertTrue(CliErrors.sentence(new NullPointerException()).contains("NullPointerException"));
  }

  @Test
  void theNearestWordIsCloseOrNone() {
    var words = List.of("train", "heads", "eval", "import");
    assertEquals(Optional.of("train"), CliErrors.nearest("trian", words));
    assertEquals(Optional.of("heads"), CliErrors.nearest("head", words));
    assertEquals(Optional.empty(), CliErrors.nearest("knockout", words));
    assertEquals(Optional.empty(), CliErrors.nearest("x", List.of()));
  }
}
