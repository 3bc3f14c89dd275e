/**
 * Studies: a grid of data, training, detection, evaluation and interventions from one file, resumable step by step.
 *
 * <p>{@link dev.lodestone.lab.study.StudyFile} is what a file says, {@link dev.lodestone.lab.study.StudyPlan} the steps
 * that follow from it, {@link dev.lodestone.lab.study.StudyFolder} where they lie and which are done,
 * {@link dev.lodestone.lab.study.StudyRun} runs the others. A step is the words of a command: what a study does can be
 * done by hand.
 */
package dev.lodestone.lab.study;
