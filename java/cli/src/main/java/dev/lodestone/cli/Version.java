package dev.lodestone.cli;

import java.util.Optional;
import picocli.CommandLine.IVersionProvider;

/** The version of this build, from the manifest of its jar. */
final class Version implements IVersionProvider {
  /** For example {@code 0.1.0}; {@code development} when the classes do not come from a jar. */
  static String text() {
    return Optional.ofNullable(Version.class.getPackage().getImplementationVersion()).orElse("development");
  }

  @Override
  public String[] getVersion() {
    return new String[] {"lodestone " + text()};
  }
}
