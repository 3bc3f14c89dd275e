package dev.lodestone.cuda;

import static dev.lodestone.engine.DeviceBuffer.Element.FLOAT;
import static dev.lodestone.engine.DeviceBuffer.Element.REAL;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lodestone.LodestoneException;
import dev.lodestone.engine.Device;
import dev.lodestone.engine.DeviceBuffer;
import dev.lodestone.engine.Engine;
import dev.lodestone.engine.EngineException;
import org.bytedeco.cuda.cudart.CUstream_st;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Pointers both ways, on the CPU, whose device memory is that of the process. */
class CudaInteropTest {
  private Engine engine;
  private FloatPointer theirs;

  @BeforeEach
  void open() {
    engine = Engine.open(Device.CPU, 1);
    theirs = new FloatPointer(1, 2, 3, 4, 5, 6, 7, 8);
  }

  @AfterEach
  void close() {
    theirs.close();
    engine.close();
  }

  @Test
  void theirMemoryIsABuffer() {
    try (var buffer = CudaInterop.wrap(engine, FLOAT, theirs, 8)) {
      assertSame(theirs, buffer.owner());
      buffer.write(1, 20);
      assertArrayEquals(new float[] {1, 20, 3, 4, 5, 6, 7, 8}, buffer.floats());
    }
    assertEquals(20, theirs.get(1)); // and theirs still
  }

  @Test
  void aPositionIsKept() {
    try (var buffer = CudaInterop.wrap(engine, FLOAT, theirs.position(4), 4)) {
      assertArrayEquals(new float[] {5, 6, 7, 8}, buffer.floats());
    }
    theirs.position(0);
  }

  @Test
  void ourMemoryIsAPointer() {
    try (var buffer = DeviceBuffer.ofFloats(engine, 1, 2, 3)) {
      var pointer = CudaInterop.pointer(buffer);
      assertEquals(12, pointer.limit());
      var floats = new FloatPointer(pointer);
      floats.put(2, 30);
      assertArrayEquals(new float[] {1, 2, 30}, buffer.floats());
      buffer.close();
      refused("the buffer is closed", () -> CudaInterop.pointer(buffer));
    }
  }

  @Test
  void whatCannotBeWrappedIsRefused() {
    refused("expected device memory to wrap but found a null pointer", () -> CudaInterop.wrap(engine, REAL, null, 4));
    refused("found a null pointer", () -> CudaInterop.wrap(engine, REAL, new FloatPointer((Pointer) null), 4));
    refused("expected 36 bytes for 9 elements but the pointer has 32",
        () -> CudaInterop.wrap(engine, FLOAT, theirs, 9));
    refused("expected 20 bytes for 5 elements but the pointer has 16",
        () -> CudaInterop.wrap(engine, FLOAT, theirs.position(4), 5));
    theirs.position(0);
  }

  @Test
  void hostMemoryIsNotAGpus() {
    assumeTrue(there(Device.SIMT), "no emulated GPU in this build");
    try (var gpu = Engine.open(Device.SIMT)) {
      refused("expected 32 bytes of memory of device simt", () -> CudaInterop.wrap(gpu, FLOAT, theirs, 8));
    }
  }

  @Test
  void aCpuHasNoStream() {
    assertNull(CudaInterop.stream(engine));
    CudaInterop.waitFor(engine, null);
    CudaInterop.signal(engine, null);
    var stream = new CUstream_st(theirs);
    refused("expected no stream on device cpu", () -> CudaInterop.waitFor(engine, stream));
    refused("expected no stream on device cpu", () -> CudaInterop.signal(engine, stream));
  }

  private static boolean there(Device device) {
    try (var engine = Engine.open(device)) {
      return true;
    } catch (EngineException e) {
      return false;
    }
  }

  private static void refused(String sentence, Runnable work) {
    var error = assertThrows(LodestoneException.class, work::run);
    assertTrue(error.getMessage().contains(sentence), error.getMessage());
  }
}
