/**
 * Texts that a language model composes from given facts. A {@link dev.lodestone.synth.write.Writer} asks a model: a
 * {@link dev.lodestone.synth.write.ChatWriter} over the net, through a {@link dev.lodestone.synth.write.CachedWriter}
 * that never asks the same twice. A {@link dev.lodestone.synth.write.FactWriter} asks it for documents and sentences,
 * and gives out those only that keep their facts to the letter.
 */
package dev.lodestone.synth.write;
