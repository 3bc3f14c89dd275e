package dev.lodestone;

/**
 * Something that the user can mend: a broken file, a wrong option, too little memory. The message is one sentence that says what was expected, what
 * was found and, where it helps, what to do; the command line shows it as it stands and exits with 1.
 */
public class LodestoneException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public LodestoneException(String message) {
    super(message);
  }

  public LodestoneException(String message, Throwable cause) {
    super(message, cause);
  }
}
