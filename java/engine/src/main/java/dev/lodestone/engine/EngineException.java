package dev.lodestone.engine;

import dev.lodestone.LodestoneException;

/** What the native engine refused or failed at, in its own sentence. */
public final class EngineException extends LodestoneException {
  /** An argument is wrong. */
  public static final int INVALID = 1;
  /** It does not fit into memory; nothing was allocated. */
  public static final int OUT_OF_MEMORY = 2;
  /** Valid, but not on this device or in this build. */
  public static final int UNSUPPORTED = 3;
  /** A defect of the engine or a failing system call. */
  public static final int INTERNAL = 4;

  private final int status;

  EngineException(int status, String sentence) {
    super(sentence);
    this.status = status;
  }

  EngineException(int status, String sentence, Throwable cause) {
    super(sentence, cause);
    this.status = status;
  }

  /** One of the constants of this class ({@code ls_status} in {@code lodestone.h}). */
  public int status() {
    return status;
  }
}
