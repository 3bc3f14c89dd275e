/**
 * The native engine from Java: models of the Llama family, one pass at a time, with attention statistics and edits of
 * single heads; decoding with a KV cache; training.
 *
 * <pre>{@code
 * try (Engine engine = Engine.open(Device.best());
 *     Model model = Model.load(engine, Path.of("SmolLM2-135M"))) {
 *   var probe = Probe.rows(511).spans(List.of(new TokenSpan(100, 120)));
 *   var plain = model.forward(Batch.of(tokens), Pass.of().probe(probe).logitRows(511));
 *   var without = model.forward(Batch.of(tokens), Pass.of().edits(List.of(Edit.zero(new Head(12, 3)))).logitRows(511));
 * }
 * }</pre>
 *
 * <p>Everything that is {@link java.lang.AutoCloseable} here holds native memory until it is closed, in any order;
 * using it afterwards is an {@link dev.lodestone.engine.EngineException}, and so is what the engine refuses. The
 * classes of {@code bind} are generated from {@code native/include/lodestone/lodestone.h} by
 * {@code presets.LodestonePreset}; no type of JavaCPP appears in a signature.
 */
package dev.lodestone.engine;
