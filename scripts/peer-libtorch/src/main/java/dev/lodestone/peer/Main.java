package dev.lodestone.peer;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.global.torch;

/**
 * The peer's side of {@code lodestone_bench}: the first line is its name; every line "op key=value ..." is answered
 * with the seconds of one run, or "no" for a case it does not know. Inputs are made when a case first comes and kept
 * until another one does; the first run of a case is a warm-up.
 */
public final class Main {
  /** One case with its inputs: the seconds of one run of the op alone. */
  interface Run {
    double seconds();
  }

  private Main() {}

  public static void main(String[] arguments) throws Exception {
    int threads = Integer.parseInt(arguments[0]);
    torch.set_num_threads(threads);
    torch.manual_seed(1);
    System.out.println("libtorch 2.10.0 (javacpp 1.5.13, OpenBLAS), " + torch.get_num_threads() + " threads");
    var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    String known = null;
    PointerScope inputs = null;
    Run run = null;
    for (String line; (line = in.readLine()) != null; ) {
      if (!line.equals(known)) {
        known = line;
        if (inputs != null) {
          inputs.close();
          Pointer.trimMemory();
        }
        inputs = new PointerScope();
        run = prepare(line);
      }
      settle();
      String answer = run == null ? "no" : Double.toString(run.seconds());
      settle();
      System.out.println(answer);
    }
  }

  /** Idle OpenMP threads spin for some milliseconds: neither side may take the other's cores with that. */
  private static void settle() throws InterruptedException {
    Thread.sleep(10);
  }

  private static Run prepare(String line) {
    try {
      String[] words = line.trim().split("\\s+");
      Run run = Cases.make(words[0], Shape.parse(words));
      if (run != null) {
        run.seconds();
      }
      return run;
    } catch (RuntimeException e) {
      System.err.println("peer: " + line + ": " + e.getMessage());
      return null;
    }
  }
}
