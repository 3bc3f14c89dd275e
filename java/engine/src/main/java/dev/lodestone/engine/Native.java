package dev.lodestone.engine;

import static dev.lodestone.engine.bind.Lodestone.ls_last_error;

import dev.lodestone.engine.bind.Lodestone;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;

/** The way into the native library: loading it, and turning a status into an exception. */
final class Native {
  /** Bytes moved at a time between files and the engine. */
  static final int CHUNK_BYTES = 4 << 20;

  static {
    // JavaCPP would refuse native memory beyond multiples of the Java heap. The engine plans its own memory.
    // Read once, when the first Pointer class is loaded: hence here, before that.
    for (var limit : new String[] {"maxBytes", "maxPhysicalBytes"}) {
      var property = "org.bytedeco.javacpp." + limit;
      if (System.getProperty(property) == null) {
        System.setProperty(property, "0");
      }
    }
    try {
      Loader.load(Lodestone.class);
    } catch (UnsatisfiedLinkError e) {
      throw new EngineException(EngineException.UNSUPPORTED,
          "the native library cannot be loaded on " + Loader.getPlatform() + ": " + e.getMessage()
              + " (built for linux-x86_64; rebuild with mvn package)", e);
    }
    // Ctrl-C ends the process while other threads compute.
    Runtime.getRuntime().addShutdownHook(new Thread(Lodestone::ls_before_exit, "lodestone-exit"));
  }

  private Native() {}

  /** Makes sure that the library is there. Every class calls it before it touches a class of {@code bind}. */
  static void load() {}

  static void check(int status) {
    if (status != Lodestone.LS_OK) {
      throw new EngineException(status, ls_last_error().getString());
    }
  }

  /** One call with a zeroed struct of arguments, which lives as long as the call. */
  static <A extends Pointer> void call(Supplier<A> struct, ToIntFunction<A> call) {
    try (var scope = new PointerScope()) {
      A args = struct.get();
      args.zero();
      check(call.applyAsInt(args));
    }
  }

  /** A number as the pointer that it is; 0 is NULL. */
  static final class Address extends Pointer {
    Address(long address) {
      this.address = address;
    }
  }

  /** A direct buffer to move so many values through, in pieces where they are many. */
  static FloatBuffer floatChunk(long count) {
    int bytes = (int) Math.min(CHUNK_BYTES, count * Float.BYTES);
    return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder()).asFloatBuffer();
  }

  /** The native address of a direct buffer's position. */
  static FloatPointer pointerTo(FloatBuffer direct) {
    if (!direct.isDirect()) {
      throw new EngineException(EngineException.INVALID, "expected a direct buffer but found one on the Java heap");
    }
    return new FloatPointer(direct);
  }

  /** The number of elements of an array that Java is to hold; more than an array can is an error that names it. */
  static int elements(String what, long... shape) {
    long count = 1;
    for (long size : shape) {
      count = size < 0 ? Long.MAX_VALUE : saturatingMultiply(count, size);
    }
    if (count > (Integer.MAX_VALUE - 8) / Float.BYTES) {
      throw new EngineException(EngineException.INVALID, what + " would have " + Arrays.toString(shape)
          + " elements, more than the 2 GiB of one buffer; ask for fewer rows at a time");
    }
    return (int) count;
  }

  private static long saturatingMultiply(long a, long b) {
    return a != 0 && b > Long.MAX_VALUE / a ? Long.MAX_VALUE : a * b;
  }
}
