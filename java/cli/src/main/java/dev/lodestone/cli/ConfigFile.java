package dev.lodestone.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.lodestone.LodestoneException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;

/**
 * Options from a YAML or JSON file: the keys are long option names without the dashes, a list is a repeated option.
 * What stands in the file becomes the default of the option, so the command line wins. A {@code run.json} written by a
 * command serves too: its {@code configuration} is read.
 */
final class ConfigFile {
  private final Path path;
  private final Map<String, String> values = new LinkedHashMap<>();

  private ConfigFile(Path path) {
    this.path = path;
    JsonNode root = read(path);
    JsonNode options = root.path("configuration").isObject() ? root.get("configuration") : root;
    if (!options.isObject()) {
      throw new LodestoneException(path + ": expected options by name, such as 'steps: 100', but found "
          + options.getNodeType().toString().toLowerCase());
    }
    for (Map.Entry<String, JsonNode> option : options.properties()) {
      boolean nothing = option.getValue().isNull() || option.getValue().isArray() && option.getValue().isEmpty();
      if (!nothing) {
        values.put(option.getKey(), text(option.getKey(), option.getValue()));
      }
    }
  }

  /** The file that {@code --config} names, if there is one among the words. */
  static Optional<ConfigFile> find(String... arguments) {
    for (int i = 0; i < arguments.length; i++) {
      if (arguments[i].startsWith("--config=")) {
        return Optional.of(new ConfigFile(Path.of(arguments[i].substring("--config=".length()))));
      }
      if (arguments[i].equals("--config") && i + 1 < arguments.length) {
        return Optional.of(new ConfigFile(Path.of(arguments[i + 1])));
      }
    }
    return Optional.empty();
  }

  /** Gives the command that the words name the values of this file; an unknown key is an error. */
  void applyTo(CommandLine main, String... arguments) {
    CommandLine command = command(main, arguments);
    List<String> known = new ArrayList<>();
    command.getCommandSpec().options().forEach(o -> known.add(o.longestName().substring(2)));
    for (String key : values.keySet()) {
      if (!known.contains(key) || key.equals("config") || key.equals("help") || key.equals("version")) {
        String hint = CliErrors.nearest(key, known).map(n -> "; did you mean '" + n + "'?").orElse("");
        throw new ParameterException(command, path + ": unknown option '" + key + "'" + hint);
      }
    }
    command.setDefaultValueProvider(this::defaultValue);
  }

  private String defaultValue(ArgSpec argument) {
    return argument instanceof OptionSpec option ? values.get(option.longestName().substring(2)) : null;
  }

  /** The command that the words name, or the command of a command. */
  private static CommandLine command(CommandLine main, String... arguments) {
    var command = main;
    for (String word : arguments) {
      command = command.getSubcommands().getOrDefault(word, command);
    }
    return command;
  }

  private String text(String key, JsonNode value) {
    if (value.isArray()) {
      var items = new ArrayList<String>();
      value.forEach(item -> items.add(text(key, item)));
      return String.join(",", items); // options that take several values split at commas
    }
    if (value.isObject()) {
      throw new LodestoneException(path + ": option '" + key + "': expected a value or a list but found an object");
    }
    return value.asText();
  }

  /** Reads YAML, which JSON is too; a key given twice is an error. */
  static JsonNode read(Path path) {
    try {
      return YAMLMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build()
          .readTree(Files.readString(path));
    } catch (JsonProcessingException e) {
      var at = e.getLocation();
      throw new LodestoneException(path + (at == null ? "" : ", line " + at.getLineNr()) + ": not YAML or JSON: "
          + e.getOriginalMessage().lines().findFirst().orElse(""));
    } catch (IOException e) {
      throw new LodestoneException(CliErrors.sentence(e));
    }
  }
}
