/** Heads, their scores, the files they stand in, and the arithmetic of the detectors; no model is run here. */
package dev.lodestone.heads;
