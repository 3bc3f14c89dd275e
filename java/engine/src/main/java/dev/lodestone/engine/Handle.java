package dev.lodestone.engine;

import java.util.function.Consumer;
import org.bytedeco.javacpp.Pointer;

/** A native object that Java owns: closed once, closing again does nothing, using it afterwards is an exception. */
abstract class Handle<P extends Pointer> implements AutoCloseable {
  private final String name;
  private final Consumer<P> release;
  private P pointer;

  Handle(String name, P pointer, Consumer<P> release) {
    this.name = name;
    this.pointer = pointer;
    this.release = release;
  }

  final P pointer() {
    if (pointer == null) {
      throw new EngineException(EngineException.INVALID, "the " + name + " is closed");
    }
    return pointer;
  }

  /** Gives the native memory back, once nothing else that is open needs it. The order of closing does not matter. */
  @Override
  public final void close() {
    if (pointer != null) {
      release.accept(pointer);
      pointer = null;
    }
  }
}
