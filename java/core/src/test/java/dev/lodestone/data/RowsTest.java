package dev.lodestone.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.LodestoneException;
import java.util.List;
import org.junit.jupiter.api.Test;

class RowsTest {
  private static final TokenSample A = new TokenSample("a", new int[] {1, 2, 3}, null,
      List.of(new Span("needle", 0, 2)), null, null);
  private static final TokenSample B = new TokenSample("b", new int[] {4, 5, 6, 7}, new int[] {-100, -100, 6, 7},
      List.of(new Span("needle", 1, 3), new Span("answer", 2, 3)), new int[] {1, 3}, null);

  @Test
  void packsDocumentsAndMovesTheirSpans() {
    var row = Rows.pack("row", List.of(A, B));
    assertArrayEquals(new int[] {1, 2, 3, 4, 5, 6, 7}, row.tokens());
    assertArrayEquals(new int[] {1, 2, 3, -100, -100, 6, 7}, row.labels(), "without labels all is learned");
    assertArrayEquals(new int[] {3, 1, 3}, row.packedLengths());
    assertEquals(List.of(new Span("needle", 0, 2), new Span("needle", 4, 6), new Span("answer", 5, 6)), row.spans());
    assertNull(Rows.pack("row", List.of(A, A)).labels());
  }

  @Test
  void cutsOnlyWhatHoldsNoSpan() {
    var cut = Rows.truncate(B, 3);
    assertArrayEquals(new int[] {4, 5, 6}, cut.tokens());
    assertArrayEquals(new int[] {-100, -100, 6}, cut.labels());
    assertArrayEquals(new int[] {1, 2}, cut.packedLengths());
    assertEquals(B.spans(), cut.spans());
    assertSame(B, Rows.truncate(B, 4));
    var e = assertThrows(LodestoneException.class, () -> Rows.truncate(B, 2));
    assertTrue(e.getMessage().contains("Sample b") && e.getMessage().contains("span needle, tokens 1 to 3"),
        e.getMessage());
  }
}
