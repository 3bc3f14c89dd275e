/**
 * Facts of an invented world and how they become text. A {@link dev.lodestone.synth.world.World} draws entities and
 * facts for one sample; an {@link dev.lodestone.synth.world.Expression} puts facts as documents, questions and answers:
 * in English ({@link dev.lodestone.synth.world.Templated}) or in symbols ({@link dev.lodestone.synth.world.Symbolic}).
 * What can be said stands in {@link dev.lodestone.synth.world.Relations}, read from {@code relations.json}.
 *
 * <pre>{@code
 * var relations = Relations.builtin().part(Split.TRAIN);
 * var random = new SplitMix(seed, index);
 * var world = new World(relations, Split.TRAIN, random, Set.of());
 * var english = new Templated(relations);
 * var chain = world.chain(2);
 * var needle = english.document(chain.get(0), world.around(chain.get(0).subject(), 3), random);
 * var question = english.question(chain, random);
 * }</pre>
 */
package dev.lodestone.synth.world;
