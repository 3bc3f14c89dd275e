package dev.lodestone.engine;

import static dev.lodestone.engine.DeviceBuffer.Element.FLOAT;
import static dev.lodestone.engine.DeviceBuffer.Element.REAL;
import static dev.lodestone.engine.EngineTest.refused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Memory and streams of other tools, on every device; another engine of the process is the other tool. */
class InteropTest {
  static List<Device> devices() {
    return GpuDevices.all();
  }

  @ParameterizedTest
  @MethodSource("devices")
  void memoryOfOthersIsUsedInPlaceAndNotFreed(Device device) {
    try (var engine = GpuDevices.openOrSkip(device);
        var other = GpuDevices.openOrSkip(device);
        var theirs = DeviceBuffer.of(other, 3, 4, 0, 5);
        var unit = DeviceBuffer.of(engine, 1, 0, 0, 1);
        var y = DeviceBuffer.zeros(engine, REAL, 4)) {
      engine.waitForStream(other.stream());
      try (var guest = DeviceBuffer.wrap(engine, REAL, theirs.address(), 4, theirs)) {
        assertEquals(theirs.address(), guest.address());
        assertEquals(theirs.bytes(), guest.bytes());
        assertSame(theirs, guest.owner());
        var square = new Ops.LinearShape(2, 2, 2);
        Ops.linear(engine, square, guest, guest, null, y, 1, 0); // reads their memory
        Ops.linear(engine, square, y, unit, null, guest, 1, 0); // and writes it
        engine.signalStream(other.stream());
      }
      assertArrayEquals(new float[] {25, 20, 20, 25}, theirs.floats());
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void whatCannotBeWrappedIsRefused(Device device) {
    try (var engine = GpuDevices.openOrSkip(device); var theirs = DeviceBuffer.zeros(engine, FLOAT, 64)) {
      refused("ls_buffer_wrap: address is NULL", () -> DeviceBuffer.wrap(engine, REAL, 0, 4, null));
      refused("a multiple of 16 but found", () -> DeviceBuffer.wrap(engine, REAL, theirs.address() + 4, 4, null));
      refused("expected a count from 1 to", () -> DeviceBuffer.wrap(engine, REAL, theirs.address(), 0, null));
      if (engine.running() != Device.CPU) {
        refused("bytes of memory of device " + device.id(),
            () -> DeviceBuffer.wrap(engine, FLOAT, theirs.address(), 1L << 32, null));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void aGuestIsClosedAlone(Device device) {
    try (var engine = GpuDevices.openOrSkip(device); var theirs = DeviceBuffer.of(engine, 1, 2)) {
      var guest = DeviceBuffer.wrap(engine, REAL, theirs.address(), 2, null);
      guest.close();
      guest.close();
      refused("the buffer is closed", guest::floats);
      refused("the buffer is closed", guest::address);
      assertArrayEquals(new float[] {1, 2}, theirs.floats());
    }
  }

  @Test
  void aDeviceWithoutStreamsTakesNone() {
    try (var engine = Engine.open(Device.CPU, 1)) {
      assertEquals(0, engine.stream());
      engine.waitForStream(0);
      engine.signalStream(0);
      refused("ls_engine_wait_stream: expected no stream on device cpu", () -> engine.waitForStream(64));
      refused("ls_engine_signal_stream: expected no stream on device cpu", () -> engine.signalStream(64));
    }
  }

  @Test
  void enginesOfAGpuHaveStreamsOfTheirOwn() {
    try (var one = GpuDevices.openOrSkip(Device.CUDA); var other = Engine.open(Device.CUDA)) {
      assertNotEquals(0, one.stream());
      assertNotEquals(one.stream(), other.stream());
    }
  }
}
