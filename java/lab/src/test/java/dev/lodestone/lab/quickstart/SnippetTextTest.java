package dev.lodestone.lab.quickstart;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.data.TokenSample;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SnippetTextTest {
  @ParameterizedTest
  @ValueSource(ints = {64, 512})
  void aLabelledTokenIsCertainFromWhatStoodBefore(int length) {
    int labelled = 0;
    List<TokenSample> documents = SnippetText.documents(50, length, 3);
    for (TokenSample document : documents) {
      int[] tokens = document.tokens();
      assertEquals(length, tokens.length);
      int[] labels = document.labels();
      for (int i = 0; i < length; i++) {
        if (labels[i] == TokenSample.IGNORED) {
          continue;
        }
        labelled++;
        assertEquals(tokens[i], labels[i]);
        int last = i - 1;
        int earlier = IntStream.range(0, last).filter(j -> tokens[j] == tokens[last]).findFirst().orElse(-1);
        assertTrue(earlier >= 0, "nothing to look up");
        assertEquals(tokens[i], tokens[earlier + 1], "the first place says something else");
      }
    }
    // Half of the snippets come back or more, and of each all but the first of 7.5 tokens on average has a label.
    double share = (double) labelled / (documents.size() * length);
    assertTrue(share > 0.25 && share < 0.87, "share of labels " + share);
  }

  @Test
  void everyDocumentHoldsSomethingToLearn() {
    for (TokenSample document : SnippetText.documents(500, 24, 1)) {
      assertTrue(Arrays.stream(document.labels()).anyMatch(label -> label != TokenSample.IGNORED));
    }
  }

  @Test
  void theSeedDecides() {
    assertArrayEquals(SnippetText.documents(3, 64, 8).get(2).tokens(), SnippetText.documents(3, 64, 8).get(2).tokens());
    assertTrue(Arrays.mismatch(SnippetText.documents(1, 64, 8).get(0).tokens(),
        SnippetText.documents(1, 64, 9).get(0).tokens()) >= 0);
  }
}
