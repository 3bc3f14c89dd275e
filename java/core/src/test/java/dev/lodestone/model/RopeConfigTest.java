package dev.lodestone.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lodestone.LodestoneException;
import dev.lodestone.io.Json;
import dev.lodestone.model.RopeConfig.Type;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RopeConfigTest {
  @Test
  void readsYarnWithItsOptions() {
    RopeConfig yarn = parse("""
        "rope_theta": 1e6, "rope_scaling": {"type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32768,
        "beta_fast": 16, "beta_slow": 2, "attention_factor": 1.5, "mscale": 0.7, "mscale_all_dim": 0.8,
        "truncate": false}""");
    assertEquals(new RopeConfig(Type.YARN, 1e6, 4, 32768, 1, 4, 16, 2, 1.5, 0.7, 0.8, false), yarn);
    assertEquals(RopeConfig.yarn(1e6, 4, 100), parse("\"rope_theta\": 1e6, \"rope_scaling\": {\"rope_type\": \"yarn\", "
        + "\"factor\": 4}, \"max_position_embeddings\": 100"));
  }

  /** transformers: without a factor yarn takes the ratio of the lengths. */
  @Test
  void derivesTheFactorOfYarn() {
    assertEquals(RopeConfig.yarn(10_000, 8, 512), parse("\"max_position_embeddings\": 4096, \"rope_parameters\": "
        + "{\"rope_type\": \"yarn\", \"original_max_position_embeddings\": 512}"));
  }

  @Test
  void takesTheModelsLengthAsTrainedLength() {
    assertEquals(100, parse("\"max_position_embeddings\": 100, \"rope_scaling\": {\"type\": \"llama3\", \"factor\": 8, "
        + "\"low_freq_factor\": 1, \"high_freq_factor\": 4}").originalPositions());
    // transformers pays no heed to original_max_position_embeddings in dynamic
    assertEquals(100, parse("\"max_position_embeddings\": 100, \"rope_scaling\": {\"type\": \"dynamic\", "
        + "\"factor\": 2, \"original_max_position_embeddings\": 50}").originalPositions());
  }

  /** transformers 5: {@code rope_scaling or rope_parameters}; a theta inside counts before the one outside. */
  @Test
  void prefersRopeScaling() {
    assertEquals(RopeConfig.linear(5000, 2), parse("\"rope_theta\": 5000, \"rope_scaling\": {\"type\": \"linear\", "
        + "\"factor\": 2}, \"rope_parameters\": {\"rope_type\": \"linear\", \"factor\": 3, \"rope_theta\": 7}"));
    assertEquals(RopeConfig.linear(7, 3), parse("\"rope_theta\": 5000, \"rope_scaling\": null, \"rope_parameters\": "
        + "{\"rope_type\": \"linear\", \"factor\": 3, \"rope_theta\": 7}"));
    assertEquals(RopeConfig.of(10_000), parse("\"rope_scaling\": null"));
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', textBlock = """
      "rope_scaling": {"type": "spiral"}                       | expected a RoPE type of
      "rope_scaling": {"type": "longrope"}                     | but found "longrope"
      "rope_scaling": {"type": 3}                              | type: expected a text
      "rope_scaling": "linear"                                 | rope_scaling: expected an object
      "rope_scaling": {"type": "linear"}                       | factor: expected a number of at least 1
      "rope_scaling": {"type": "linear", "factor": 0.5}        | factor: expected a number of at least 1
      "rope_scaling": {"type": "linear", "factor": Infinity}   | factor: expected a number of at least 1
      "rope_scaling": {"type": "dynamic", "factor": "x"}       | factor: expected a number of at least 1
      "rope_scaling": {"type": "yarn"}                         | factor: expected a number of at least 1
      "rope_scaling": {"type": "yarn", "factor": 2, "beta_fast": 1, "beta_slow": 2} | beta_fast
      "rope_scaling": {"type": "yarn", "factor": 2, "original_max_position_embeddings": 0} | original_max_position
      "rope_scaling": {"type": "yarn", "factor": 2, "rope_theta": 1} | rope_theta: expected more than 1
      "rope_scaling": {"type": "llama3", "factor": 8}          | low_freq_factor: expected
      "rope_scaling": {"type": "llama3", "factor": 8, "low_freq_factor": 4, "high_freq_factor": 4} | high_freq_factor
      "rope_theta": 0                                          | rope_theta: expected
      "rope_theta": NaN                                        | rope_theta: expected
      "rope_parameters": {"partial_rotary_factor": 0.5}        | partial_rotary_factor: expected 1
      """)
  void refuses(String fields, String sentence) {
    String message = assertThrows(LodestoneException.class, () -> parse(fields)).getMessage();
    assertTrue(message.contains(sentence), message);
  }

  private static RopeConfig parse(String fields) {
    JsonNode config = Json.parse("{\"model_type\": \"llama\", " + fields + "}", "test");
    return RopeConfig.parse(config);
  }
}
