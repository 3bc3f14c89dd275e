package dev.lodestone.cuda;

import dev.lodestone.LodestoneException;
import dev.lodestone.engine.DeviceBuffer;
import dev.lodestone.engine.Engine;
import org.bytedeco.cuda.cudart.CUstream_st;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;

/**
 * Memory and streams of an engine as the presets' types, and theirs as the engine's, without a copy. On a device
 * without streams the stream is null.
 */
public final class CudaInterop {
  private CudaInterop() {}

  /**
   * Device memory as a buffer, from the pointer's position on. It is not freed; the pointer is kept until the buffer
   * goes.
   *
   * @param memory of the engine's device. One that knows its limit must have room for {@code count} elements
   * @throws LodestoneException null, too small, or not memory of the device
   */
  public static DeviceBuffer wrap(Engine engine, DeviceBuffer.Element element, Pointer memory, long count) {
    if (Pointer.isNull(memory)) {
      throw new LodestoneException("expected device memory to wrap but found a null pointer");
    }
    long address = memory.address() + memory.position() * memory.sizeof();
    long room = (memory.limit() - memory.position()) * memory.sizeof();
    var buffer = DeviceBuffer.wrap(engine, element, address, count, memory);
    long bytes = buffer.bytes();
    if (memory.limit() > 0 && room < bytes) {
      buffer.close();
      throw new LodestoneException(
          "expected %d bytes for %d elements but the pointer has %d".formatted(bytes, count, room));
    }
    return buffer;
  }

  /** A buffer's memory, for others to use until the buffer is closed; capacity and limit are its bytes. */
  public static BytePointer pointer(DeviceBuffer buffer) {
    return new BytePointer(new Address(buffer.address())).capacity(buffer.bytes());
  }

  /** The stream that the engine works on. */
  public static CUstream_st stream(Engine engine) {
    return engine.stream() == 0 ? null : new CUstream_st(new Address(engine.stream()));
  }

  /** The engine's next ops begin after what this stream holds now; null is the legacy default stream. */
  public static void waitFor(Engine engine, CUstream_st stream) {
    engine.waitForStream(stream == null ? 0 : stream.address());
  }

  /** What this stream is given next begins after the engine's ops so far; null is the legacy default stream. */
  public static void signal(Engine engine, CUstream_st stream) {
    engine.signalStream(stream == null ? 0 : stream.address());
  }

  private static final class Address extends Pointer {
    Address(long address) {
      this.address = address;
    }
  }
}
