package dev.lodestone.synth.write;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

class AnswerTextTest {
  @Test
  void whatStandsAroundTheTextIsTakenOff() {
    for (String answer : List.of("The mill burned.\nIt rained.", "  The mill\0 burned.\r\nIt rained.\n",
        "```\nThe mill burned.\nIt rained.\n```", "```markdown\nThe mill burned.\nIt rained.\n```\n",
        "# The Mill\n\nThe mill burned.\nIt rained.", "**The Mill**\nThe mill burned.\nIt rained.",
        "Title: A Fire\n\nThe mill **burned**.\nIt rained.", "\"The Mill\"\n\nThe mill burned.\nIt rained.",
        "Sure! Here is the article:\n\nThe mill burned.\nIt rained.", "Here’s your text:\nThe mill burned.\nIt rained.",
        "Certainly.\n\n# The Mill\n\nThe mill burned.\nIt rained.\n\nLet me know if you want changes!",
        "<think>Let me see.\n\nA mill?</think>\n\nThe mill burned.\nIt rained.",
        "The mill burned.\nIt rained.\n\n(Word count: 5)")) {
      assertEquals("The mill burned.\nIt rained.", AnswerText.clean(answer, "The Mill"), answer);
    }
  }

  @Test
  void theTextItselfStaysAsItIs() {
    for (String text : List.of("Sure of foot, they climbed: nobody fell.\nThen rain came.",
        "Here is where it began, and here: the mill.", "\"Come,\" she said, \"it rains.\"", "1 * 2 * 3 # 4", "The Mill",
        "Dear Ann,\n\nthe mill burned.\n\nYours,\nIda", "")) {
      assertEquals(text, AnswerText.clean(text, "The Mill"));
    }
  }

  @Test
  void paragraphsAreOneBlankLineApart() {
    assertEquals("a\n\nb\nc", AnswerText.clean("a\n \n\t\n\nb\nc", ""));
  }
}
