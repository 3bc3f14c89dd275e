package dev.lodestone.lab.study;

import java.nio.file.Path;
import java.util.List;

/** A word of a step's command. */
public sealed interface Word {
  /** Said as it is. */
  record Text(String text) implements Word {}

  /** Files or folders that a step reads and that no step makes; as one word, with commas. */
  record Input(List<Path> paths) implements Word {
    Input(Path path) {
      this(List.of(path));
    }
  }

  /** What another step makes: a file or folder of this name in that step's folder. */
  record Made(Step step, String name) implements Word {}

  /** What the step itself makes: a file of this name in its folder, or the folder if the name is empty. */
  record Own(String name) implements Word {}
}
