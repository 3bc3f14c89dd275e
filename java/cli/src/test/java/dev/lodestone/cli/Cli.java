package dev.lodestone.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;

/** Runs a command in this process and keeps what it printed. */
record Cli(int code, String out, String err) {
  static Cli run(Object... words) {
    var out = new StringWriter();
    var err = new StringWriter();
    String[] arguments = new String[words.length];
    for (int i = 0; i < words.length; i++) {
      arguments[i] = words[i].toString();
    }
    int code = Main.run(new PrintWriter(out, true), new PrintWriter(err, true), arguments);
    return new Cli(code, out.toString(), err.toString());
  }

  List<String> errorLines() {
    return err.lines().filter(line -> !line.isBlank()).toList();
  }
}
