package dev.lodestone.lab.train;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lodestone.LodestoneException;
import dev.lodestone.engine.Engine;
import dev.lodestone.engine.Mode;
import dev.lodestone.io.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * {@code run.json}: what a run follows from. {@code configuration} holds the options by their long names, so the file
 * serves as {@code --config} of another run.
 */
final class RunRecord {
  static final String FILE = "run.json";
  /** May differ on resume: they do not touch the weights. */
  private static final Set<String> FREE = Set.of("out", "save-every", "keep-last", "rope-override",
      "eval-data", "eval-every", "heads-data", "heads-every", "detector");

  private RunRecord() {}

  static ObjectNode of(TrainConfig config, Engine engine) throws IOException {
    ObjectNode run = Json.mapper().createObjectNode().put("command", "train");
    run.set("configuration", options(config));
    run.putObject("data").put("sha256", sha256(config.data())).put("bytes", Files.size(config.data()));
    run.putObject("versions").put("lodestone", Engine.version())
        .put("java", System.getProperty("java.version")).put("os", System.getProperty("os.name"));
    run.set("engine", Json.parse(engine.describe(), "engine"));
    return run;
  }

  private static ObjectNode options(TrainConfig c) {
    ObjectNode o = Json.mapper().createObjectNode()
        .put("model", absolute(c.model()))
        .put("data", absolute(c.data()))
        .put("out", absolute(c.out()))
        .put("mode", c.mode().id());
    if (c.mode() instanceof Mode.Lora lora) {
      o.put("lora-rank", lora.rank()).put("lora-alpha", lora.alpha());
      var targets = o.putArray("lora-targets");
      lora.orderedTargets().forEach(t -> targets.add(t.toString()));
    } else if (c.mode() instanceof Mode.Heads heads) {
      var named = o.putArray("train-heads");
      heads.heads().forEach(h -> named.add(h.toString()));
    }
    o.put("context-length", c.contextLength())
        .put("rope", c.rope() == null ? null : c.rope().toString())
        .put("rope-override", c.ropeOverride())
        .put("steps", c.steps())
        .put("batch-tokens", c.batchTokens())
        .put("micro-batch-tokens", c.microBatchTokens())
        .put("lr", c.learningRate());
    o.putArray("betas").add(c.beta1()).add(c.beta2());
    o.put("eps", c.eps())
        .put("weight-decay", c.weightDecay())
        .put("clip", c.clip())
        .put("schedule", c.schedule().toString())
        .put("warmup", c.warmup());
    var noDecay = o.putArray("no-decay-on");
    if (c.noDecayNorm()) {
      noDecay.add("norm");
    }
    if (c.noDecayBias()) {
      noDecay.add("bias");
    }
    if (c.checks().evalData() != null) {
      o.put("eval-data", absolute(c.checks().evalData())).put("eval-every", c.checks().evalEvery());
    }
    if (c.checks().headsData() != null) {
      o.put("heads-data", absolute(c.checks().headsData())).put("heads-every", c.checks().headsEvery())
          .put("detector", c.checks().detector().id());
    }
    return o.put("save-every", c.saveEvery())
        .put("keep-last", c.keepLast())
        .put("add-special-tokens", c.addSpecialTokens())
        .put("no-deterministic", !c.deterministic())
        .put("seed", c.seed());
  }

  private static String absolute(Path path) {
    return path.toAbsolutePath().normalize().toString();
  }

  /** Refuses to go on with a run that was started in another way, and names what differs. */
  static void requireSame(Path file, JsonNode started, JsonNode now) {
    List<String> differences = new ArrayList<>();
    for (Map.Entry<String, JsonNode> option : now.get("configuration").properties()) {
      JsonNode before = started.path("configuration").path(option.getKey());
      // Compared as text: an int that was read and a long that is to be written are no equal nodes.
      if (!FREE.contains(option.getKey()) && !before.toString().equals(option.getValue().toString())) {
        differences.add("--" + option.getKey() + " was " + before + " and is " + option.getValue());
      }
    }
    if (!started.path("data").path("sha256").equals(now.path("data").path("sha256"))) {
      differences.add("the content of --data has changed");
    }
    if (!differences.isEmpty()) {
      throw new LodestoneException(file + ": the run was started with another configuration: "
          + String.join("; ", differences) + ". Resume with the same, or name another --out");
    }
  }

  private static String sha256(Path file) throws IOException {
    try (InputStream in = new DigestInputStream(Files.newInputStream(file), MessageDigest.getInstance("SHA-256"))) {
      in.transferTo(OutputStream.nullOutputStream());
      return HexFormat.of().formatHex(((DigestInputStream) in).getMessageDigest().digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every Java has it
    }
  }
}
