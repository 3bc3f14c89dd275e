/**
 * Files: JSON, lines, safetensors, and output that appears under its name only when it is whole. Everything read here
 * is untrusted; what is wrong with it becomes a {@link dev.lodestone.LodestoneException} of one sentence that names
 * the file, the place, what was expected and what was found.
 */
package dev.lodestone.io;
