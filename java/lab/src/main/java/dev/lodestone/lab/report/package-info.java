/**
 * The report: what training runs, studies and commands left in files and folders, found by what the files hold, on one
 * page with the numbers beside it.
 *
 * <pre>Report.of(FindingsReader.read(List.of(Path.of("runs")))).write(Path.of("report.html"));</pre>
 */
package dev.lodestone.lab.report;
