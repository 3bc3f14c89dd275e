package dev.lodestone.synth;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lodestone.synth.world.Fact;
import dev.lodestone.synth.world.Passage;
import java.util.List;

/**
 * A question with all that belongs to it but its place in a prompt.
 *
 * @param topic of a haystack of SummHay, otherwise null
 * @param question as it is put; for citations the insight whose documents are asked for
 * @param answers accepted answers; none if the answer is the numbers of the needles' documents ({@code [2][5]})
 * @param facts what is asked for, hop by hop; none if that is not known
 * @param needles what has to be found, in the order of the hops; none if the question cannot be answered
 * @param distractors the question's own, to be used first and in this order: those of a real record, or hard negatives
 * @param scene the names in use, for documents that are made to stand around it
 * @param meta what the sample's {@code meta} says about the question; a copy is written
 */
public record Problem(String topic, String question, List<String> answers, List<Fact> facts, List<Passage> needles,
    List<Passage> distractors, Scene scene, ObjectNode meta) {
  public Problem {
    answers = List.copyOf(answers);
    facts = List.copyOf(facts);
    needles = List.copyOf(needles);
    distractors = List.copyOf(distractors);
  }

  /** Whether the answer is the numbers of the needles' documents. */
  public boolean cites() {
    return answers.isEmpty();
  }

  Problem withNeedles(List<Passage> some) {
    return new Problem(topic, question, answers, facts, some, distractors, scene, meta);
  }

  /** Where questions come from. Safe for use from several threads. */
  public interface Source {
    /** The question of that number, from 0; {@code random} is its own stream of chance. */
    Problem problem(long number, SplitMix random);
  }
}
