package dev.lodestone.synth.write;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.LodestoneException;
import dev.lodestone.synth.write.WriterStatistics.Count;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class FactWriterTest {
  private static final FactRequest.Fact BORN =
      new FactRequest.Fact("Ilka Varn was born in Torvale.", List.of("Ilka Varn", "Torvale"));
  private static final FactRequest REQUEST =
      FactRequest.document("The Life of Ilka Varn", List.of(BORN), List.of("Brenmouth"), 10, 3);
  private static final String GOOD = "In spring Ilka Varn came to the world in quiet Torvale.";

  private final WriterStatistics statistics = new WriterStatistics();
  private ChatServer server;
  private FactWriter writer;

  @BeforeEach
  void start() throws IOException {
    server = new ChatServer();
    writer = new FactWriter(new ChatWriter(server.options(), statistics, new FakeTime()), 3, 200, 4, statistics);
  }

  @AfterEach
  void stop() {
    writer.close();
    server.close();
  }

  @Test
  void aGoodDraftIsKept() {
    server.then(ChatServer.text("**The Life of Ilka Varn**\n\n" + GOOD));
    assertEquals(Optional.of(GOOD), writer.write(REQUEST));
    assertEquals(1, statistics.get(Count.KEPT));
    String prompt = server.seen.get(0).prompt();
    assertTrue(prompt.contains("with the title \"The Life of Ilka Varn\", about 10 words long."), prompt);
    assertTrue(prompt.contains("- Ilka Varn was born in Torvale.\n"), prompt);
    assertTrue(prompt.contains("\"Ilka Varn\", \"Torvale\""), prompt);
    assertFalse(prompt.contains("Brenmouth"), "a name that the model never heard is not named");
  }

  @Test
  void aRefusalIsAnsweredWithAnotherTry() {
    server.then(ChatServer.text("I’m sorry, but I can’t write about real people."), ChatServer.text(GOOD));
    assertEquals(Optional.of(GOOD), writer.write(REQUEST));
    assertEquals(1, statistics.get(Count.REFUSED));
    assertTrue(server.seen.get(1).prompt().contains("Earlier draft 1 could not be used: it was no text"));
    assertNotEquals(server.seen.get(0).body().get("seed"), server.seen.get(1).body().get("seed"));
  }

  @Test
  void aDraftThatLostAFactIsWrittenAgainAndToldWhichOne() {
    server.then(ChatServer.text("In spring Ilka Varn came to the world in quiet Torvalen."), ChatServer.text(GOOD));
    assertEquals(Optional.of(GOOD), writer.write(REQUEST));
    assertEquals(1, statistics.get(Count.DRIFTED));
    assertTrue(server.seen.get(1).prompt().contains("it lacked \"Torvale\"."), server.seen.get(1).prompt());
  }

  @Test
  void aTextThatNeverKeepsItsFactIsDropped() {
    server.always(ChatServer.text("In spring somebody came to the world in a quiet town."));
    assertEquals(Optional.empty(), writer.write(REQUEST));
    assertEquals(3, server.seen.stream().map(ChatServer.Seen::prompt).distinct().count());
    assertEquals(3, statistics.get(Count.DRIFTED));
    assertEquals(1, statistics.get(Count.DROPPED));
    assertEquals(0, statistics.get(Count.KEPT));
  }

  @Test
  void aForbiddenNameIsToldOnlyAfterItCameUp() {
    server.then(ChatServer.text(GOOD + " Not in BRENMOUTH."), ChatServer.text(GOOD));
    assertEquals(Optional.of(GOOD), writer.write(REQUEST));
    assertEquals(1, statistics.get(Count.LEAKED));
    assertTrue(server.seen.get(1).prompt().contains("it must not mention \"Brenmouth\"."));
  }

  @Test
  void aSentenceIsAskedForAsOne() {
    server.then(ChatServer.text("\"" + GOOD + "\""));
    assertEquals(Optional.of(GOOD), writer.write(FactRequest.sentence(BORN, List.of(), 0)));
    assertTrue(server.seen.get(0).prompt().startsWith("Write one sentence, as a historian"));
  }

  @Test
  void manyAreWrittenSideBySideInTheirOrder() {
    server.always(ChatServer.completion(
        r -> r.at("/messages/1/content").asText().contains("Bad") ? "no" : GOOD + " " + r.get("seed"), "stop"));
    List<FactRequest> requests = IntStream.range(0, 40).mapToObj(i -> FactRequest.document(i % 10 == 9 ? "Bad" : "Life",
        List.of(BORN), List.of(), 10, i)).toList();
    List<Optional<String>> texts = writer.writeAll(requests);
    for (int i = 0; i < 40; i++) {
      assertEquals(i % 10 == 9 ? Optional.empty() : Optional.of(GOOD + " " + i), texts.get(i));
    }
    assertEquals(36, statistics.get(Count.KEPT));
    assertEquals(4, statistics.get(Count.DROPPED));
  }

  @Test
  void aServerThatFailsEndsTheWorkWithItsSentence() {
    server.always(ChatServer.status(403, "closed"));
    var message = assertThrows(LodestoneException.class, () -> writer.writeAll(List.of(REQUEST, REQUEST))).getMessage();
    assertTrue(message.contains("status 403: closed"), message);
  }

  @Test
  void kindsOfDocumentsFollowTheSeed() {
    var kinds = IntStream.range(0, 24)
        .mapToObj(seed -> FactRequest.document("T", List.of(BORN), List.of(), 50, seed))
        .map(request -> FactPrompt.of(request, 0, "").split(" with the ")[0]).distinct();
    assertEquals(12, kinds.count());
  }
}
