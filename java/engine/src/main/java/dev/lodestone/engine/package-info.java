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
 * <p>{@link dev.lodestone.engine.AttentionOps} and {@link dev.lodestone.engine.Ops} are the ops one by one, on buffers of
 * the device, for other tools: attention with statistics of every row, scores of chosen rows, and what else a layer
 * needs, with gradients.
 *
 * <pre>{@code
 * var shape = AttentionShape.of(1024, 32, 8, 128);
 * try (var qkv = DeviceBuffer.of(engine, values);
 *     var o = DeviceBuffer.zeros(engine, REAL, 1024 * 32 * 128);
 *     var argmax = DeviceBuffer.zeros(engine, INT, 32 * 1024)) {
 *   AttentionOps.forward(engine, Attention.fused(shape, qkv), AttentionOutputs.of(o).best(argmax, null));
 *   int[] keys = argmax.ints();
 * }
 * }</pre>
 *
 * <p>Everything that is {@link java.lang.AutoCloseable} here holds native memory until it is closed, in any order;
 * using it afterwards is an {@link dev.lodestone.engine.EngineException}, and so is what the engine refuses. The
 * classes of {@code bind} are generated from the headers of {@code native/include/lodestone} by
 * {@code presets.LodestonePreset}; no type of JavaCPP appears in a signature.
 */
package dev.lodestone.engine;
