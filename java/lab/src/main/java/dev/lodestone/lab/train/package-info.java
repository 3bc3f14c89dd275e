/**
 * Fine-tuning: samples in, a run folder of checkpoints out.
 *
 * <p>{@link dev.lodestone.lab.train.TrainingRun} is the loop. {@link dev.lodestone.lab.train.TrainData} turns samples
 * into rows with labels, {@link dev.lodestone.lab.train.Packing} says which rows a step takes,
 * {@link dev.lodestone.lab.train.Schedule} its learning rate. All three are functions of (configuration, step) alone, so
 * a run that was killed continues from its last {@link dev.lodestone.lab.train.Checkpoint} with the same bits.
 *
 * <pre>{@code
 * var config = TrainConfig.builder(model, data, out).steps(400).learningRate(2e-5).build();
 * try (Engine engine = Engine.open(Device.best())) {
 *   Path last = TrainingRun.run(engine, config, false, TrainListener.NONE);
 * }
 * }</pre>
 */
package dev.lodestone.lab.train;
