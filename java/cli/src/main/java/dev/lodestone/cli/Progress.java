package dev.lodestone.cli;

import java.io.PrintWriter;
import java.time.Duration;

/**
 * How far long work has come, on stderr: a line that is drawn over on a terminal; elsewhere a plain line now and then;
 * nothing with {@code --quiet} and nothing for work that is over in a moment.
 */
final class Progress implements AutoCloseable {
  private static final int BAR = 24;
  private static final Duration TERMINAL_PAUSE = Duration.ofMillis(100);
  private static final Duration PLAIN_PAUSE = Duration.ofSeconds(15);

  private final PrintWriter err;
  private final boolean quiet;
  private final boolean terminal;
  private final String what;
  private final long total;
  private final long started = System.nanoTime();
  private long drawn = started;
  private boolean lineOpen;

  private Progress(PrintWriter err, boolean quiet, boolean terminal, String what, long total) {
    this.err = err;
    this.quiet = quiet;
    this.terminal = terminal;
    this.what = what;
    this.total = total;
  }

  static Progress start(PrintWriter err, boolean quiet, String what, long total) {
    boolean terminal = System.console() != null && !"dumb".equals(System.getenv("TERM"));
    return new Progress(err, quiet, terminal, what, total);
  }

  /** {@code done} of the total is done; {@code note} says more ("loss 1.83"), or is empty. */
  void update(long done, String note) {
    long now = System.nanoTime();
    if (quiet || now - drawn < (terminal ? TERMINAL_PAUSE : PLAIN_PAUSE).toNanos()) {
      return;
    }
    drawn = now;
    String text = text(done, note, now);
    if (terminal) {
      err.print("\r\u001b[2K" + text);
      err.flush();
      lineOpen = true;
    } else {
      err.println(text);
    }
  }

  /** Draws the bar on a terminal; elsewhere nothing: for work whose log lines say how far it is. */
  void bar(long done) {
    if (terminal) {
      update(done, "");
    }
  }

  /** Prints a line of its own above the bar, unless quiet. */
  void log(String line) {
    if (quiet) {
      return;
    }
    clear();
    err.println(line);
  }

  private String text(long done, String note, long now) {
    double share = total == 0 ? 1 : Math.min(1.0, (double) done / total);
    int filled = (int) Math.round(share * BAR);
    String bar = terminal ? " [" + "=".repeat(filled) + " ".repeat(BAR - filled) + "]" : "";
    double elapsed = (now - started) * 1e-9;
    String left = done == 0 ? "" : ", " + duration(elapsed / done * (total - done)) + " left";
    return "%s%s %,d/%,d%s%s".formatted(what, bar, done, total, left, note.isEmpty() ? "" : " | " + note);
  }

  /** For example {@code 45 s}, {@code 3 min 20 s}, {@code 2 h 5 min}. */
  static String duration(double seconds) {
    long s = Math.round(seconds);
    if (s < 60) {
      return s + " s";
    }
    return s < 3600 ? s / 60 + " min " + s % 60 + " s" : s / 3600 + " h " + s % 3600 / 60 + " min";
  }

  private void clear() {
    if (lineOpen) {
      err.print("\r\u001b[2K");
      lineOpen = false;
    }
    err.flush();
  }

  @Override
  public void close() {
    clear();
  }
}
