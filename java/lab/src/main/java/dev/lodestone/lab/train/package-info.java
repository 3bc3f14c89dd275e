/**
 * Fine-tuning: samples in, a run folder of checkpoints out.
 *
 * <p>{@link dev.lodestone.lab.train.TrainingRun} plans a run, {@code TrainingLoop} takes its steps.
 * {@link dev.lodestone.lab.train.TrainData} turns samples into rows with labels,
 * {@link dev.lodestone.lab.train.Packing} says which rows a step takes, {@link dev.lodestone.lab.train.Schedule} its
 * learning rate. All three are functions of (configuration, step) alone, so a run that was killed continues from its
 * last {@link dev.lodestone.lab.train.Checkpoint} with the same bits. What a
 * {@link dev.lodestone.lab.train.CheckPlan} asks for is looked at between two steps, and changes none of them.
 *
 * <pre>{@code
 * var config = TrainConfig.builder(model, data, out).steps(400).learningRate(2e-5).build();
 * try (Engine engine = Engine.open(Device.best())) {
 *   Path last = TrainingRun.run(engine, config, false, TrainListener.NONE);
 * }
 * }</pre>
 */
package dev.lodestone.lab.train;
