package dev.lodestone.engine;

import static dev.lodestone.engine.bind.Lodestone.ls_engine_describe;
import static dev.lodestone.engine.bind.Lodestone.ls_engine_open;
import static dev.lodestone.engine.bind.Lodestone.ls_engine_signal_stream;
import static dev.lodestone.engine.bind.Lodestone.ls_engine_stream;
import static dev.lodestone.engine.bind.Lodestone.ls_engine_wait_stream;
import static dev.lodestone.engine.bind.Lodestone.ls_version;

import dev.lodestone.engine.bind.Lodestone;
import dev.lodestone.engine.bind.LsEngine;
import dev.lodestone.io.Json;

/**
 * A device with its threads and its memory; models are opened on it. One engine, and whatever is open on it, belongs to
 * one thread at a time.
 */
public final class Engine extends Handle<LsEngine> {
  static {
    Native.load();
  }

  private final Device device;

  private Engine(Device device, LsEngine pointer) {
    super("engine", pointer, Lodestone::ls_engine_close);
    this.device = device;
  }

  /** Opens a device with all the CPU threads that this process may use. */
  public static Engine open(Device device) {
    return open(device, 0);
  }

  /**
   * Opens a device.
   *
   * @param threads CPU threads; 0 for all that this process may use. Results do not depend on it
   * @throws EngineException if the device is not there or not in this build
   */
  public static Engine open(Device device, int threads) {
    var pointer = new LsEngine();
    Native.check(ls_engine_open(device.id(), threads, pointer));
    return new Engine(device, pointer);
  }

  /** The version of the native library. */
  public static String version() {
    return ls_version().getString();
  }

  /** The device asked for. */
  public Device device() {
    return device;
  }

  /** The device it runs on: never {@link Device#AUTO}. */
  public Device running() {
    return device == Device.AUTO ? Device.parse(Json.parse(describe(), "the description of the engine").get("device").asText()) : device;
  }

  /** The CUDA stream (a {@code cudaStream_t}) that it works on; 0 where the device has none. */
  public long stream() {
    var stream = ls_engine_stream(pointer());
    return stream == null ? 0 : stream.address();
  }

  /**
   * Makes the engine's next ops begin after what another tool's stream holds now. The host does not wait.
   *
   * @param stream a {@code cudaStream_t} of the engine's device; 0 is the legacy default stream, and all that a device
   *     without streams takes
   */
  public void waitForStream(long stream) {
    Native.check(ls_engine_wait_stream(pointer(), new Native.Address(stream)));
  }

  /** Makes what another tool's stream is given next begin after the engine's ops so far; as {@link #waitForStream}. */
  public void signalStream(long stream) {
    Native.check(ls_engine_signal_stream(pointer(), new Native.Address(stream)));
  }

  /** One JSON object: device, threads, isa or gpu, gemm, cuda (why it is there or not), available_bytes. */
  public String describe() {
    return ls_engine_describe(pointer()).getString();
  }
}
