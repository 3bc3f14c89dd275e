/**
 * The kit of the HTML report: charts as SVG and tables, data in and text out, no network and no library in the page.
 *
 * <pre>
 * var page = new HtmlPage("Synthetic context extension", "SmolLM2-135M, 8,192 tokens");
 * page.section("Heads").text("Mean score of every head.").figure(HeatMap.ofHeads("real", scores), "75 trials");
 * page.section("Scores").table(new Table("variant", "recall", "F1").row("symbolic", 0.3, 0.21));
 * Files.writeString(file, page.html());
 * </pre>
 *
 * Charts take their ink from the page ({@code currentColor}) and their cells from its variables, so they are readable
 * in light and dark; alone they fall back to the light colours.
 */
package dev.lodestone.report;
