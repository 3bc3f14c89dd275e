package dev.lodestone.lab.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TensorBoardLogTest {
  @TempDir Path run;

  /** The data of each record; every length and CRC is checked. */
  private static List<byte[]> records(Path file) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    var records = new ArrayList<byte[]>();
    while (bytes.hasRemaining()) {
      int start = bytes.position();
      var data = new byte[Math.toIntExact(bytes.getLong())];
      assertEquals(TensorBoardLog.maskedCrc(bytes.array(), start, 8), bytes.getInt());
      bytes.get(data);
      assertEquals(TensorBoardLog.maskedCrc(data, 0, data.length), bytes.getInt());
      records.add(data);
    }
    return records;
  }

  private List<Path> files() throws IOException {
    try (var files = Files.list(run)) {
      return files.sorted().toList();
    }
  }

  /** The fields of an event after its time (key 0x09 and eight bytes) and the key of its step. */
  private static ByteBuffer afterTime(byte[] event) {
    assertEquals(0x09, event[0]);
    double time = ByteBuffer.wrap(event, 1, 8).order(ByteOrder.LITTLE_ENDIAN).getDouble();
    assertEquals(System.currentTimeMillis() * 1e-3, time, 600);
    assertEquals(0x10, event[9]);
    return ByteBuffer.wrap(event, 10, event.length - 10).order(ByteOrder.LITTLE_ENDIAN);
  }

  @Test
  void theChecksumIsCastagnolisMasked() {
    // RFC 3720, B.4: 32 zero bytes have the CRC 0x8A9136AA.
    int rotated = Integer.rotateRight(0x8A9136AA, 15);
    assertEquals(rotated + 0xa282ead8, TensorBoardLog.maskedCrc(new byte[32], 0, 32));
  }

  @Test
  void everyScalarStandsInItsFrame() throws IOException {
    try (var log = TensorBoardLog.open(run, 0)) {
      log.write(300, Map.of("train/loss", 1.5));
      log.write(301, Map.of("heads/highest", Double.NaN));
    }
    List<byte[]> records = records(files().get(0));
    assertEquals(4, records.size());
    ByteBuffer version = afterTime(records.get(0));
    assertEquals(0, version.get()); // step
    assertEquals(3 << 3 | 2, version.get());
    assertEquals("brain.Event:2", text(version));

    ByteBuffer event = afterTime(records.get(2));
    assertArrayEquals(new byte[] {(byte) 0xAC, 2}, new byte[] {event.get(), event.get()}); // 300 as a varint
    assertEquals(5 << 3 | 2, event.get()); // summary
    assertEquals(event.remaining() - 1, event.get());
    assertEquals(1 << 3 | 2, event.get()); // value
    assertEquals(event.remaining() - 1, event.get());
    assertEquals(1 << 3 | 2, event.get());
    assertEquals("train/loss", text(event));
    assertEquals(2 << 3 | 5, event.get());
    assertEquals(1.5f, event.getFloat());
    assertEquals(0, event.remaining());

    assertEquals(2 + 2, afterTime(records.get(3)).remaining()); // a summary of nothing
  }

  private static String text(ByteBuffer from) {
    var bytes = new byte[from.get()];
    from.get(bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  @Test
  void aRunThatGoesOnTakesANewFileAndVoidsLaterSteps() throws IOException {
    TensorBoardLog.open(run, 0).close();
    TensorBoardLog.open(run, 7).close();
    assertEquals(2, files().size());
    ByteBuffer session = afterTime(records(files().get(1)).get(1));
    var fields = new byte[session.remaining()];
    session.get(fields);
    assertArrayEquals(new byte[] {8, 7 << 3 | 2, 2, 1 << 3, 1}, fields); // step 8, session_log {status: START}
  }
}
