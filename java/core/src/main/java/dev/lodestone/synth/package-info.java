/**
 * Generators of long-context samples. A {@link dev.lodestone.synth.Generator} gives the sample of an index; how real
 * the needle is ({@link dev.lodestone.synth.Needle}) and how diverse the text around it
 * ({@link dev.lodestone.synth.Haystack}) are the two axes.
 */
package dev.lodestone.synth;
