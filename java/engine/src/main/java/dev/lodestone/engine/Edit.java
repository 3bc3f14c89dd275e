package dev.lodestone.engine;

import static dev.lodestone.engine.bind.Lodestone.LS_EDIT_MEAN;
import static dev.lodestone.engine.bind.Lodestone.LS_EDIT_REPLACE;
import static dev.lodestone.engine.bind.Lodestone.LS_EDIT_UNIFORM;
import static dev.lodestone.engine.bind.Lodestone.LS_EDIT_ZERO;

import dev.lodestone.engine.bind.LsEdit;
import dev.lodestone.heads.Head;
import java.util.List;
import org.bytedeco.javacpp.FloatPointer;

/**
 * A change to one query head during a pass: knockout (zero, mean, uniform) or activation patching (replace). What is
 * changed is the head's output before the output projection. Rows before {@code firstRow} are left alone: rows of the
 * batch in a forward pass, positions of the sequence in a decoder.
 */
public sealed interface Edit {
  Head head();

  int firstRow();

  /** The same edit from this row on. */
  Edit from(int firstRow);

  /** The output becomes 0. */
  record Zero(Head head, int firstRow) implements Edit {
    @Override
    public Edit from(int row) {
      return new Zero(head, row);
    }
  }

  /** The output becomes {@code values} (head_dim), or with null the mean of its own output over the document's rows. */
  record Mean(Head head, int firstRow, float[] values) implements Edit {
    @Override
    public Edit from(int row) {
      return new Mean(head, row, values);
    }
  }

  /** The query becomes 0: uniform attention over the keys that the row may see. */
  record Uniform(Head head, int firstRow) implements Edit {
    @Override
    public Edit from(int row) {
      return new Uniform(head, row);
    }
  }

  /** The output becomes {@code values} (rows of the pass × head_dim), row by row. */
  record Replace(Head head, int firstRow, float[] values) implements Edit {
    @Override
    public Edit from(int row) {
      return new Replace(head, row, values);
    }
  }

  static Edit zero(Head head) {
    return new Zero(head, 0);
  }

  static Edit uniform(Head head) {
    return new Uniform(head, 0);
  }

  /** See {@link Mean}; {@code values} may be null outside a decoder. */
  static Edit mean(Head head, float[] values) {
    return new Mean(head, 0, values);
  }

  static Edit replace(Head head, float[] values) {
    return new Replace(head, 0, values);
  }

  /** The edits as native structs, for a pass of {@code rows} rows; they live as long as the open scope. */
  static LsEdit toNative(List<Edit> edits, int rows, int headDim) {
    var structs = new LsEdit(edits.size());
    structs.zero();
    for (int i = 0; i < edits.size(); i++) {
      var edit = edits.get(i);
      var struct = structs.position(i).layer(edit.head().layer()).head(edit.head().head()).first_row(edit.firstRow());
      if (edit instanceof Zero) {
        struct.kind(LS_EDIT_ZERO);
      } else if (edit instanceof Uniform) {
        struct.kind(LS_EDIT_UNIFORM);
      } else if (edit instanceof Mean mean) {
        struct.kind(LS_EDIT_MEAN).values(mean.values == null ? null : values(edit, mean.values, headDim));
      } else if (edit instanceof Replace replace) {
        struct.kind(LS_EDIT_REPLACE).values(values(edit, replace.values, (long) rows * headDim));
      }
    }
    return structs.position(0);
  }

  private static FloatPointer values(Edit edit, float[] values, long expected) {
    if (values.length != expected) {
      throw new EngineException(EngineException.INVALID, "edit of head " + edit.head() + ": expected " + expected
          + " values but found " + values.length);
    }
    return new FloatPointer(values);
  }
}
