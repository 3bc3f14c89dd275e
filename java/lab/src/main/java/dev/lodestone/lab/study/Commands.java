package dev.lodestone.lab.study;

import java.io.PrintWriter;
import java.util.List;

/** The commands that steps are made of. The command line is the one implementation, so that there is one source. */
public interface Commands {
  /** Whether the value of an option, by its long name without dashes, is a file or folder that the command reads. */
  boolean readsFiles(String command, String option);

  /**
   * Runs a command.
   *
   * @param out where it prints its summary
   * @throws dev.lodestone.LodestoneException it failed; the sentence that a user would have read
   */
  void run(List<String> words, PrintWriter out);
}
