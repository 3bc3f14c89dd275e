package dev.lodestone.engine;

import static dev.lodestone.engine.bind.Lodestone.ls_buffer_address;
import static dev.lodestone.engine.bind.Lodestone.ls_buffer_bytes;
import static dev.lodestone.engine.bind.Lodestone.ls_buffer_count;
import static dev.lodestone.engine.bind.Lodestone.ls_buffer_open;
import static dev.lodestone.engine.bind.Lodestone.ls_buffer_read;
import static dev.lodestone.engine.bind.Lodestone.ls_buffer_read_ints;
import static dev.lodestone.engine.bind.Lodestone.ls_buffer_wrap;
import static dev.lodestone.engine.bind.Lodestone.ls_buffer_write;
import static dev.lodestone.engine.bind.Lodestone.ls_buffer_write_ints;

import dev.lodestone.engine.bind.Lodestone;
import dev.lodestone.engine.bind.LsBuffer;
import org.bytedeco.javacpp.PointerScope;

/**
 * Memory of an engine's device, for {@link Ops} and {@link AttentionOps}. It may outlive its engine object, and is closed on its own.
 */
public final class DeviceBuffer extends Handle<LsBuffer> implements Operand {
  /** What a buffer holds. */
  public enum Element {
    /** What the engine computes with: fp32 on the CPU, bf16 on a GPU. Java sees floats. */
    REAL,
    /** fp32. */
    FLOAT,
    /** int32. */
    INT
  }

  private final Element element;
  private final long count;
  private final Object owner;

  private DeviceBuffer(Element element, LsBuffer pointer, Object owner) {
    super("buffer", pointer, Lodestone::ls_buffer_close);
    this.element = element;
    this.count = ls_buffer_count(pointer);
    this.owner = owner;
  }

  /** A buffer of zeros. */
  public static DeviceBuffer zeros(Engine engine, Element element, long count) {
    var pointer = new LsBuffer();
    Native.check(ls_buffer_open(engine.pointer(), element.ordinal(), count, pointer));
    return new DeviceBuffer(element, pointer, null);
  }

  /** Reals with these values, which a GPU rounds to bf16. */
  public static DeviceBuffer of(Engine engine, float... values) {
    return zeros(engine, Element.REAL, values.length).write(0, values);
  }

  /** Floats with these values. */
  public static DeviceBuffer ofFloats(Engine engine, float... values) {
    return zeros(engine, Element.FLOAT, values.length).write(0, values);
  }

  /**
   * Memory of another tool, without a copy; it is not freed.
   *
   * @param address of the engine's device (on the CPU: of this process), a multiple of 16. There must be
   *     {@code count} elements, for as long as an op may use them; on a GPU both ends are checked to be memory of it
   * @param owner what frees the memory when nothing refers to it any more, kept until this buffer goes; or null
   */
  public static DeviceBuffer wrap(Engine engine, Element element, long address, long count, Object owner) {
    try (var scope = new PointerScope()) {
      var pointer = new LsBuffer();
      Native.check(
          ls_buffer_wrap(engine.pointer(), element.ordinal(), new Native.Address(address), count, pointer));
      return new DeviceBuffer(element, pointer, owner);
    }
  }

  public Element element() {
    return element;
  }

  /** In elements. */
  public long count() {
    return count;
  }

  /** In bytes of the device. */
  public long bytes() {
    return ls_buffer_bytes(pointer());
  }

  /** What {@link #wrap} was told to keep, or null. */
  public Object owner() {
    return owner;
  }

  /** Where it is: in device memory on a GPU, where other tools of this process may use it. */
  public long address() {
    return ls_buffer_address(pointer()).address();
  }

  @Override
  public DeviceBuffer buffer() {
    return this;
  }

  @Override
  public long offset() {
    return 0;
  }

  /** This buffer from an element on. */
  public Operand at(long offset) {
    return new View(this, offset);
  }

  /** Sets elements of a buffer of reals or floats, from this one on. */
  public DeviceBuffer write(long offset, float... values) {
    Native.check(ls_buffer_write(pointer(), offset, values, values.length));
    return this;
  }

  /** Sets elements of a buffer of ints, from this one on. */
  public DeviceBuffer writeInts(long offset, int... values) {
    Native.check(ls_buffer_write_ints(pointer(), offset, values, values.length));
    return this;
  }

  /** All of a buffer of reals or floats; waits for the ops that write it. */
  public float[] floats() {
    return floats(0, Native.elements("a buffer", count));
  }

  /** So many elements of a buffer of reals or floats, from this one on. */
  public float[] floats(long offset, int length) {
    var values = new float[length];
    Native.check(ls_buffer_read(pointer(), offset, values, length));
    return values;
  }

  /** All of a buffer of ints; waits for the ops that write it. */
  public int[] ints() {
    return ints(0, Native.elements("a buffer", count));
  }

  /** So many elements of a buffer of ints, from this one on. */
  public int[] ints(long offset, int length) {
    var values = new int[length];
    Native.check(ls_buffer_read_ints(pointer(), offset, values, length));
    return values;
  }
}
