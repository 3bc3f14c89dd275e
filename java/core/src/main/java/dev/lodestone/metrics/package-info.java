/** Scores of answers, each as the published evaluation code computes it. */
package dev.lodestone.metrics;
