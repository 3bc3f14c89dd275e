package dev.lodestone.cli;

import dev.lodestone.LodestoneException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** Turns what went wrong into one or two lines on stderr and an exit code. */
final class CliErrors {
  static final int WORK_FAILED = 1;
  static final int WRONG_WORDS = 2;

  private CliErrors() {}

  /** An option, command or value that cannot be: one line that names it, and the nearest right word. */
  static int wrongWords(ParameterException e, String[] arguments) {
    CommandLine line = e.getCommandLine();
    String command = line.getCommandSpec().qualifiedName();
    line.getErr().println("lodestone: " + explain(e, arguments));
    line.getErr().println("See: ./" + command + " --help");
    line.getErr().flush();
    return WRONG_WORDS;
  }

  private static String explain(ParameterException e, String[] arguments) {
    if (e instanceof UnmatchedArgumentException unmatched && !unmatched.getUnmatched().isEmpty()) {
      return explainUnmatched(unmatched.getUnmatched().get(0), e.getCommandLine());
    }
    if (e instanceof MissingParameterException missing) {
      Optional<String> misspelt = unknownOption(arguments, e.getCommandLine());
      if (misspelt.isPresent()) { // the likely cause: "--modle DIR" leaves --model missing
        return explainUnmatched(misspelt.get(), e.getCommandLine());
      }
      var names = new ArrayList<String>();
      missing.getMissing().forEach(a -> names.add(a.isOption() ? longName(a) : a.paramLabel()));
      return "missing " + String.join(", ", names);
    }
    return firstLine(e.getMessage());
  }

  private static String explainUnmatched(String word, CommandLine line) {
    boolean option = word.startsWith("-");
    List<String> known = new ArrayList<>();
    if (option) {
      line.getCommandSpec().options().forEach(o -> known.addAll(List.of(o.names())));
    } else {
      known.addAll(line.getSubcommands().keySet());
    }
    String name = option ? word.split("=", 2)[0] : word;
    String what = option ? "unknown option " : known.isEmpty() ? "unexpected word " : "unknown command ";
    return what + "'" + name + "'" + nearest(name, known).map(n -> "; did you mean '" + n + "'?").orElse("");
  }

  private static Optional<String> unknownOption(String[] arguments, CommandLine line) {
    var known = line.getCommandSpec().optionsMap().keySet();
    return Arrays.stream(arguments).filter(a -> a.startsWith("--") && !known.contains(a.split("=", 2)[0])).findFirst();
  }

  private static String longName(CommandLine.Model.ArgSpec argument) {
    return ((CommandLine.Model.OptionSpec) argument).longestName();
  }

  /** The known word with the fewest edits, where that is under half of the word. */
  static Optional<String> nearest(String word, List<String> known) {
    return known.stream()
        .filter(k -> 2 * distance(word, k) < Math.max(word.length(), k.length()))
        .min(Comparator.comparingInt((String k) -> distance(word, k))
            .thenComparingInt(k -> Math.abs(word.length() - k.length())) // "modle" is model rather than mode
            .thenComparing(Comparator.naturalOrder()));
  }

  /** Edits from a to b: a letter put in, left out or replaced, or two neighbours swapped (optimal string alignment). */
  private static int distance(String a, String b) {
    int[][] d = new int[a.length() + 1][b.length() + 1];
    for (int i = 0; i <= a.length(); i++) {
      for (int j = 0; j <= b.length(); j++) {
        if (i == 0 || j == 0) {
          d[i][j] = i + j;
          continue;
        }
        int replaced = d[i - 1][j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        d[i][j] = Math.min(replaced, 1 + Math.min(d[i - 1][j], d[i][j - 1]));
        if (i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1)) {
          d[i][j] = Math.min(d[i][j], 1 + d[i - 2][j - 2]);
        }
      }
    }
    return d[a.length()][b.length()];
  }

  /** The work failed: the sentence of the exception; the stack trace only with {@code --verbose}. */
  static int workFailed(Throwable e, CommandLine line, ParseResult result) {
    PrintWriter err = line.getErr();
    err.println("lodestone: " + sentence(e));
    if (verbose(line, result)) {
      e.printStackTrace(err);
    }
    err.flush();
    return WORK_FAILED;
  }

  static String sentence(Throwable e) {
    if (e instanceof UncheckedIOException u) {
      return sentence(u.getCause());
    }
    if (e instanceof LodestoneException) {
      return e.getMessage();
    }
    if (e instanceof OutOfMemoryError) {
      return "out of memory: " + firstLine(e.getMessage()) + "; use less data, or raise the Java heap with"
          + " LODESTONE_JAVA_OPTIONS=-Xmx16g";
    }
    if (e instanceof FileSystemException f) {
      return f.getFile() + ": " + reason(f);
    }
    if (e instanceof IOException) {
      return "reading or writing failed: " + firstLine(e.getMessage());
    }
    if (e instanceof LinkageError) {
      return "a native library could not be loaded: " + firstLine(e.getMessage()) + "; ./lodestone doctor says more";
    }
    return "internal error, please report it: " + e.getClass().getSimpleName() + ": " + firstLine(e.getMessage())
        + " (--verbose shows where)";
  }

  private static String reason(FileSystemException e) {
    if (e instanceof NoSuchFileException) {
      return "no such file or folder";
    }
    if (e instanceof AccessDeniedException) {
      return "access denied";
    }
    if (e instanceof FileAlreadyExistsException) {
      return "exists already";
    }
    return e.getReason() == null ? e.getClass().getSimpleName() : e.getReason();
  }

  private static boolean verbose(CommandLine line, ParseResult result) {
    return line.getCommand() instanceof BaseCommand command && command.common.verbose
        || result != null && result.originalArgs().contains("--verbose");
  }

  private static String firstLine(String message) {
    return message == null ? "no further word" : message.lines().findFirst().orElse("");
  }
}
