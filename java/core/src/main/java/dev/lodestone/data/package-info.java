/**
 * Samples: what they hold, how their files are read and written, how text becomes tokens, and the published prompts.
 */
package dev.lodestone.data;
