package dev.lodestone.cuda;

import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** What NVML says of one GPU, in NVML's units. What this GPU or this user may not ask is empty. */
interface Nvml {
  /** The clocks of {@code nvmlClockType_t} that matter here. */
  enum Clock { SM, MEMORY }

  /** Bytes. */
  record Memory(long used, long total) {}

  Optional<String> name();

  /** For example {@code 580.95.05}. */
  Optional<String> driver();

  OptionalInt powerMilliwatts();

  OptionalInt powerLimitMilliwatts();

  OptionalInt clockMhz(Clock clock);

  OptionalInt highestClockMhz(Clock clock);

  OptionalInt temperatureCelsius();

  Optional<Memory> memory();

  /** Bits of {@code nvmlClocksEventReasons}. */
  OptionalLong clockEventReasons();
}
