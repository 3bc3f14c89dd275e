package dev.lodestone.bench;

import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** Reports 10^6 bytes of text a second beside the runs a second. */
@AuxCounters(AuxCounters.Type.OPERATIONS)
@State(Scope.Thread)
public class Megabytes {
  public double megabytes;

  void add(long bytes) {
    megabytes += bytes / 1e6;
  }
}
