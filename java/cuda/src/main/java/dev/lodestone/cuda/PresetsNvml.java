package dev.lodestone.cuda;

import static org.bytedeco.cuda.global.nvml.NVML_CLOCK_MEM;
import static org.bytedeco.cuda.global.nvml.NVML_CLOCK_SM;
import static org.bytedeco.cuda.global.nvml.NVML_DEVICE_NAME_V2_BUFFER_SIZE;
import static org.bytedeco.cuda.global.nvml.NVML_SUCCESS;
import static org.bytedeco.cuda.global.nvml.NVML_SYSTEM_DRIVER_VERSION_BUFFER_SIZE;
import static org.bytedeco.cuda.global.nvml.NVML_TEMPERATURE_GPU;
import static org.bytedeco.cuda.global.nvml.nvmlDeviceGetClockInfo;
import static org.bytedeco.cuda.global.nvml.nvmlDeviceGetCurrentClocksEventReasons;
import static org.bytedeco.cuda.global.nvml.nvmlDeviceGetEnforcedPowerLimit;
import static org.bytedeco.cuda.global.nvml.nvmlDeviceGetHandleByIndex_v2;
import static org.bytedeco.cuda.global.nvml.nvmlDeviceGetHandleByPciBusId_v2;
import static org.bytedeco.cuda.global.nvml.nvmlDeviceGetMaxClockInfo;
import static org.bytedeco.cuda.global.nvml.nvmlDeviceGetMemoryInfo;
import static org.bytedeco.cuda.global.nvml.nvmlDeviceGetName;
import static org.bytedeco.cuda.global.nvml.nvmlDeviceGetPowerUsage;
import static org.bytedeco.cuda.global.nvml.nvmlDeviceGetTemperature;
import static org.bytedeco.cuda.global.nvml.nvmlErrorString;
import static org.bytedeco.cuda.global.nvml.nvmlInit_v2;
import static org.bytedeco.cuda.global.nvml.nvmlSystemGetDriverVersion;

import dev.lodestone.LodestoneException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.ToIntFunction;
import org.bytedeco.cuda.nvml.nvmlDevice_st;
import org.bytedeco.cuda.nvml.nvmlMemory_t;
import org.bytedeco.javacpp.BytePointer;

/** NVML itself, through the presets. It stays initialised as long as the process. Touch it only where a driver is. */
final class PresetsNvml implements Nvml {
  private final nvmlDevice_st device = new nvmlDevice_st();

  /** The GPU at a PCI address; the first one where that is empty. */
  PresetsNvml(String pciBusId) {
    check("nvmlInit", nvmlInit_v2());
    try (var id = new BytePointer(pciBusId)) {
      check("finding the GPU " + pciBusId, pciBusId.isEmpty() ? nvmlDeviceGetHandleByIndex_v2(0, device)
          : nvmlDeviceGetHandleByPciBusId_v2(id, device));
    }
  }

  @Override
  public Optional<String> name() {
    return text(NVML_DEVICE_NAME_V2_BUFFER_SIZE, to -> nvmlDeviceGetName(device, to, to.length));
  }

  @Override
  public Optional<String> driver() {
    return text(NVML_SYSTEM_DRIVER_VERSION_BUFFER_SIZE, to -> nvmlSystemGetDriverVersion(to, to.length));
  }

  @Override
  public OptionalInt powerMilliwatts() {
    return number(to -> nvmlDeviceGetPowerUsage(device, to));
  }

  @Override
  public OptionalInt powerLimitMilliwatts() {
    return number(to -> nvmlDeviceGetEnforcedPowerLimit(device, to));
  }

  @Override
  public OptionalInt clockMhz(Clock clock) {
    return number(to -> nvmlDeviceGetClockInfo(device, type(clock), to));
  }

  @Override
  public OptionalInt highestClockMhz(Clock clock) {
    return number(to -> nvmlDeviceGetMaxClockInfo(device, type(clock), to));
  }

  @Override
  @SuppressWarnings("deprecation") // its successor takes a struct that changes with the driver
  public OptionalInt temperatureCelsius() {
    return number(to -> nvmlDeviceGetTemperature(device, NVML_TEMPERATURE_GPU, to));
  }

  @Override
  public Optional<Memory> memory() {
    try (var memory = new nvmlMemory_t()) {
      boolean told = nvmlDeviceGetMemoryInfo(device, memory) == NVML_SUCCESS;
      return told ? Optional.of(new Memory(memory.used(), memory.total())) : Optional.empty();
    }
  }

  @Override
  public OptionalLong clockEventReasons() {
    var bits = new long[1];
    boolean told = nvmlDeviceGetCurrentClocksEventReasons(device, bits) == NVML_SUCCESS;
    return told ? OptionalLong.of(bits[0]) : OptionalLong.empty();
  }

  private static int type(Clock clock) {
    return clock == Clock.SM ? NVML_CLOCK_SM : NVML_CLOCK_MEM;
  }

  private static OptionalInt number(ToIntFunction<int[]> call) {
    var value = new int[1];
    return call.applyAsInt(value) == NVML_SUCCESS ? OptionalInt.of(value[0]) : OptionalInt.empty();
  }

  private static Optional<String> text(int most, ToIntFunction<byte[]> call) {
    var bytes = new byte[most];
    if (call.applyAsInt(bytes) != NVML_SUCCESS) {
      return Optional.empty();
    }
    int length = 0;
    while (length < most && bytes[length] != 0) {
      length++;
    }
    return Optional.of(new String(bytes, 0, length, StandardCharsets.UTF_8));
  }

  private static void check(String what, int status) {
    if (status != NVML_SUCCESS) {
      throw new LodestoneException("NVML: " + what + ": " + nvmlErrorString(status).getString());
    }
  }
}
