package dev.lodestone.engine;

import dev.lodestone.engine.bind.LsView;

/** What an op reads or writes: a buffer from its beginning, or from an element on ({@link DeviceBuffer#at}). */
public sealed interface Operand permits DeviceBuffer, Operand.View {
  DeviceBuffer buffer();

  /** In elements. */
  long offset();

  /** A buffer from an element on. */
  record View(DeviceBuffer buffer, long offset) implements Operand {}

  /** The operand as the native struct; none where it is null. */
  static void fill(LsView struct, Operand operand) {
    if (operand != null) {
      struct.buffer(operand.buffer().pointer()).offset(operand.offset());
    }
  }
}
