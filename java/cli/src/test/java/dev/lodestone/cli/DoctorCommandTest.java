package dev.lodestone.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lodestone.io.Json;
import java.util.List;
import org.junit.jupiter.api.Test;

class DoctorCommandTest {
  @Test
  void showsWhatIsHereAndTestsIt() {
    Cli cli = Cli.run("doctor", "--json");
    assertEquals(0, cli.code(), cli.err());
    JsonNode report = Json.parse(cli.out(), "report");
    for (String key : List.of("lodestone", "java", "os", "cpu", "memory", "tokenizers", "cpu isa", "cpu gemm")) {
      assertTrue(report.hasNonNull(key), key);
    }
    assertTrue(report.get("cpu self-test").asText().startsWith("ok"), cli.out());
    assertTrue(report.get("tokenizers").asText().startsWith("ok"), cli.out());
    assertEquals("none: lodestone-cuda is not on the class path", report.get("gpu monitor").asText());
  }

  @Test
  void aDeviceThatIsAskedForIsTestedOrAnError() {
    for (String device : List.of("cuda", "simt")) { // which are there depends on the build and the machine
      Cli cli = Cli.run("doctor", "--device", device);
      if (cli.code() == 0) {
        assertTrue(cli.out().contains(device + " self-test"), cli.out());
      } else {
        assertEquals(1, cli.code());
        assertEquals(1, cli.errorLines().size(), cli.err());
        assertTrue(cli.err().contains(device + " is not here"), cli.err());
      }
    }
  }
}
