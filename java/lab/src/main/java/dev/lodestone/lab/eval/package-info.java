/** Greedy answers of a model to many prompts, and their scores. */
package dev.lodestone.lab.eval;
