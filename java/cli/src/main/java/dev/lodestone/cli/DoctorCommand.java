package dev.lodestone.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lodestone.LodestoneException;
import dev.lodestone.engine.Device;
import dev.lodestone.engine.Engine;
import dev.lodestone.engine.GpuMonitor;
import dev.lodestone.io.Json;
import dev.lodestone.lab.selftest.SelfTest;
import dev.lodestone.lab.train.MemoryText;
import dev.lodestone.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;

/** {@code lodestone doctor}: what is here, and whether it works. */
@Command(name = "doctor", description = {
    "Shows versions, devices and libraries, and tests each device for a second.",
    "Exit 1 if a device that is here computes wrongly, or the one asked for is not here."})
final class DoctorCommand extends BaseCommand {
  /** A WordLevel tokenizer of one word: enough to see whether the library loads and encodes. */
  private static final String TINY_TOKENIZER = """
      {"version": "1.0", "added_tokens": [], "pre_tokenizer": {"type": "Whitespace"},
       "model": {"type": "WordLevel", "vocab": {"lodestone": 0, "?": 1}, "unk_token": "?"}}""";

  private final ObjectNode report = Json.mapper().createObjectNode();
  private final List<String> failures = new ArrayList<>();

  @Override
  protected void run() throws Exception {
    report.put("lodestone", Version.text());
    report.put("java", System.getProperty("java.version") + ", " + System.getProperty("java.vendor"));
    report.put("java heap", MemoryText.of(Runtime.getRuntime().maxMemory()));
    report.put("os", System.getProperty("os.name") + " " + System.getProperty("os.version") + " "
        + System.getProperty("os.arch"));
    report.put("cpu", cpu());
    report.put("memory", memory());
    report.put("tokenizers", tokenizers());
    for (Device device : common.device == Device.AUTO ? List.of(Device.CPU, Device.CUDA) : List.of(common.device)) {
      device(device);
    }
    if (common.device == Device.AUTO || common.device == Device.CUDA) {
      GpuMonitor.of(report.path("cuda gpu").asText()).facts().forEach((name, fact) -> report.put("gpu " + name, fact));
    }
    summary(report, table());
    if (!failures.isEmpty()) {
      throw new LodestoneException(String.join("; ", failures));
    }
  }

  private void device(Device device) {
    try (Engine engine = Engine.open(device, common.threads)) {
      JsonNode found = Json.parse(engine.describe(), "the engine's description");
      for (Map.Entry<String, JsonNode> entry : found.properties()) {
        if (!entry.getKey().equals("device")) {
          boolean bytes = entry.getKey().endsWith("_bytes");
          String value = bytes ? MemoryText.of(entry.getValue().asLong()) : entry.getValue().asText();
          report.put(device.id() + " " + (bytes ? entry.getKey().replace("_bytes", "") : entry.getKey()), value);
        }
      }
      SelfTest.Result result = SelfTest.run(engine);
      report.put(device.id() + " self-test", result.toString());
      if (!result.passed()) {
        failures.add("the self-test on " + device.id() + " failed");
      }
    } catch (LodestoneException | LinkageError e) {
      report.put(device.id(), "not here: " + CliErrors.sentence(e));
      if (device == Device.CPU || device == common.device) {
        failures.add(device.id() + " is not here: " + CliErrors.sentence(e));
      }
    }
  }

  private String tokenizers() {
    try (Tokenizer tokenizer = Tokenizer.parse(TINY_TOKENIZER, "the doctor's tokenizer")) {
      if (tokenizer.encode("lodestone", false).ids()[0] == 0) {
        return "ok (Hugging Face tokenizers)";
      }
      failures.add("the tokenizers library encodes wrongly");
      return "FAILED: a word was not found";
    } catch (LodestoneException | LinkageError e) {
      failures.add("tokenizers: " + CliErrors.sentence(e));
      return "FAILED: " + CliErrors.sentence(e);
    }
  }

  private String[] table() {
    int width = report.properties().stream().mapToInt(e -> e.getKey().length()).max().orElse(0);
    return report.properties().stream()
        .map(e -> ("%-" + width + "s  %s").formatted(e.getKey(), e.getValue().asText()))
        .toArray(String[]::new);
  }

  private static String cpu() {
    return field(Path.of("/proc/cpuinfo"), "model name") + ", " + Runtime.getRuntime().availableProcessors()
        + " for this process";
  }

  private static String memory() {
    String kib = field(Path.of("/proc/meminfo"), "MemTotal").replaceAll("\\D", "");
    return kib.isEmpty() ? "unknown" : MemoryText.of(1024 * Long.parseLong(kib));
  }

  /** The value of the first "key : value" line, or unknown. */
  private static String field(Path file, String key) {
    try (var lines = Files.lines(file)) {
      return lines.filter(l -> l.startsWith(key)).findFirst().map(l -> l.split(":", 2)[1].strip()).orElse("unknown");
    } catch (IOException e) {
      return "unknown";
    }
  }
}
