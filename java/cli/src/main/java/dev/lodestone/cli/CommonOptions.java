package dev.lodestone.cli;

import dev.lodestone.engine.Device;
import dev.lodestone.engine.Engine;
import java.nio.file.Path;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** The options that every command has; their {@code order} puts them below the command's own in the help. */
final class CommonOptions {
  @Option(names = "--device", order = 901, paramLabel = "NAME", defaultValue = "auto", converter = DeviceName.class,
      description = "auto, cpu, cuda, or simt in test builds (default: ${DEFAULT-VALUE})")
  Device device;

  @Option(names = "--threads", order = 902, paramLabel = "N", defaultValue = "0",
      description = "CPU threads; 0 is all that this process may use (default)")
  int threads;

  @Option(names = "--seed", order = 903, paramLabel = "N", defaultValue = "0",
      description = "everything random follows from it (default: ${DEFAULT-VALUE})")
  long seed;

  @Option(names = "--config", order = 904, paramLabel = "FILE",
      description = "YAML or JSON file with options by their long names; the command line wins")
  Path config;

  @Option(names = "--json", order = 905, description = "print the summary as one JSON object")
  boolean json;

  @Option(names = "--quiet", order = 906, description = "no progress, no log lines")
  boolean quiet;

  @Option(names = "--verbose", order = 907, description = "the stack trace of an error")
  boolean verbose;

  /** The engine that {@code --device} and {@code --threads} ask for; the caller closes it. */
  Engine openEngine() {
    return Engine.open(device, threads);
  }

  static final class DeviceName implements ITypeConverter<Device> {
    @Override
    public Device convert(String value) {
      try {
        return Device.parse(value);
      } catch (RuntimeException e) {
        throw new TypeConversionException("expected auto, cpu, cuda or simt but found '" + value + "'");
      }
    }
  }
}
