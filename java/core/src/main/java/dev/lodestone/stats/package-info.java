/** Statistics of small samples: correlation with exact tests, the bootstrap, a regression line, means and quantiles. */
package dev.lodestone.stats;
