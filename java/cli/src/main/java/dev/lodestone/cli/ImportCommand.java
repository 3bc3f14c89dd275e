package dev.lodestone.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lodestone.LodestoneException;
import dev.lodestone.io.DType;
import dev.lodestone.io.Json;
import dev.lodestone.model.GgufImport;
import dev.lodestone.model.ModelFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code lodestone import FILE.gguf --out DIR}: a Hugging Face folder from a GGUF file. */
@Command(name = "import", description = "Makes a Hugging Face model folder, tokenizer included, from a GGUF file.")
final class ImportCommand extends BaseCommand {
  @Parameters(paramLabel = "FILE.gguf", description = "Llama architecture; F32, F16, BF16, Q4_0, Q4_1 or Q8_0")
  Path gguf;

  @Option(names = "--out", paramLabel = "DIR", required = true, description = "the folder to make")
  Path out;

  @Option(names = "--dtype", paramLabel = "NAME", defaultValue = "f32",
      description = "f32 or bf16 (default: ${DEFAULT-VALUE})")
  String dtype;

  @Option(names = "--force", description = "write into a folder that is not empty")
  boolean force;

  @Override
  protected void run() throws Exception {
    DType type = switch (dtype) {
      case "f32" -> DType.F32;
      case "bf16" -> DType.BF16;
      default -> throw wrongWords("--dtype expected f32 or bf16 but found '" + dtype + "'");
    };
    if (!force && holdsFiles(out)) {
      throw new LodestoneException(out + " is not empty: name another --out, or add --force");
    }
    String note = GgufImport.run(gguf, out, type).note(); // no tokenizer could be made: why, and what to copy
    try (var folder = ModelFolder.open(out)) {
      var config = folder.config();
      long parameters = config.parameters().stream().mapToLong(p -> p.rows() * p.columns()).sum();
      ObjectNode json = Json.mapper().createObjectNode()
          .put("model", out.toString()).put("architecture", config.architecture()).put("parameters", parameters);
      var lines = new ArrayList<String>();
      lines.add("%s: %s, %d layers, %,d parameters, %s".formatted(
          out, config.architecture(), config.layers(), parameters, dtype.toUpperCase()));
      if (!note.isEmpty()) {
        json.put("note", note);
        lines.add(note);
      }
      summary(json, lines.toArray(String[]::new));
    }
  }

  private static boolean holdsFiles(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return false;
    }
    try (var entries = Files.list(folder)) {
      return entries.findAny().isPresent();
    }
  }
}
