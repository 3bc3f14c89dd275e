package dev.lodestone.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lodestone.io.Json;
import java.io.PrintWriter;
import java.util.Collection;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What every command has: the shared options, where it prints, and its merged configuration. */
@Command(mixinStandardHelpOptions = true, versionProvider = Version.class, usageHelpAutoWidth = true,
    sortOptions = false)
abstract class BaseCommand implements Callable<Integer> {
  /** Options that say how to print, not what to do; they are no part of a configuration. */
  private static final Set<String> NOT_CONFIGURATION =
      Set.of("--help", "--version", "--list", "--config", "--json", "--quiet", "--verbose");

  @Mixin CommonOptions common;
  @Spec CommandSpec spec;

  /** Does the work. A {@link dev.lodestone.LodestoneException} or an I/O error is exit 1 with one sentence. */
  protected abstract void run() throws Exception;

  @Override
  public final Integer call() throws Exception {
    if (common.threads < 0) {
      throw wrongWords("--threads expected 0 or more but found " + common.threads);
    }
    run();
    return 0;
  }

  /** Results for people and programs. */
  PrintWriter out() {
    return spec.commandLine().getOut();
  }

  /** A progress line on stderr over {@code total} units of work; silent with {@code --quiet}. */
  Progress progress(String what, long total) {
    return Progress.start(spec.commandLine().getErr(), common.quiet, what, total);
  }

  /** Prints the summary: the object with {@code --json}, otherwise the lines. */
  void summary(JsonNode json, String... lines) {
    if (common.json) {
      out().println(json);
    } else {
      for (String line : lines) {
        out().println(line);
      }
    }
    out().flush();
  }

  /** Every option by its long name with the value it has now: defaults, then the file, then the command line. */
  ObjectNode configuration() {
    ObjectNode node = Json.mapper().createObjectNode();
    for (OptionSpec option : spec.options()) {
      if (!NOT_CONFIGURATION.contains(option.longestName())) {
        node.set(option.longestName().substring(2), toJson(option.getValue()));
      }
    }
    return node;
  }

  private static JsonNode toJson(Object value) {
    if (value instanceof Number || value instanceof Boolean || value == null) {
      return Json.mapper().valueToTree(value);
    }
    if (value instanceof Collection<?> items) {
      var array = Json.mapper().createArrayNode();
      items.forEach(item -> array.add(toJson(item)));
      return array;
    }
    return Json.mapper().getNodeFactory().textNode(
        value instanceof Enum<?> name ? name.name().toLowerCase(Locale.ROOT) : value.toString());
  }

  /** The words are wrong (exit 2): throw it. */
  ParameterException wrongWords(String sentence) {
    return new ParameterException(spec.commandLine(), sentence);
  }
}
