package dev.lodestone.engine;

import static dev.lodestone.engine.bind.Lodestone.ls_op_attention_backward;
import static dev.lodestone.engine.bind.Lodestone.ls_op_attention_forward;
import static dev.lodestone.engine.bind.Lodestone.ls_op_score_rows;

import dev.lodestone.engine.bind.LsAttentionBackward;
import dev.lodestone.engine.bind.LsAttentionForward;
import dev.lodestone.engine.bind.LsScoreRows;

/** Attention of one layer, on buffers of the device, with statistics of its probabilities; rules as in {@link Ops}. */
public final class AttentionOps {
  private AttentionOps() {}

  /** softmax(scale · q·kᵀ)·v, with statistics of every row where {@code outputs} asks for them. */
  public static void forward(Engine engine, Attention inputs, AttentionOutputs outputs) {
    Native.call(LsAttentionForward::new, args -> {
      inputs.fill(args.inputs());
      outputs.fill(args);
      return ls_op_attention_forward(engine.pointer(), args);
    });
  }

  /** Where {@link #backward} writes: reals, with the strides of q, k and v. */
  public record Gradients(Operand dQ, Operand dK, Operand dV) {}

  /**
   * The gradient of attention.
   *
   * @param o reals (tokens, heads, headDim) that the forward pass wrote
   * @param lse floats (heads, tokens) that it wrote
   * @param dO reals (tokens, heads, headDim)
   * @param atomics lets a GPU add up dQ in any order, which is faster; otherwise the bits are the same every time
   */
  public static void backward(Engine engine, Attention inputs, Operand o, Operand lse, Operand dO,
      Gradients gradients, boolean atomics) {
    Native.call(LsAttentionBackward::new, args -> {
      inputs.fill(args.inputs());
      Operand.fill(args.o(), o);
      Operand.fill(args.lse(), lse);
      Operand.fill(args.d_o(), dO);
      Operand.fill(args.d_q(), gradients.dQ());
      Operand.fill(args.d_k(), gradients.dK());
      Operand.fill(args.d_v(), gradients.dV());
      args.atomics(atomics ? 1 : 0);
      return ls_op_attention_backward(engine.pointer(), args);
    });
  }

  /** Statistics of chosen query rows; v is read only for the output of spans. */
  public static void scoreRows(Engine engine, Attention inputs, RowScores scores) {
    Native.call(LsScoreRows::new, args -> {
      inputs.fill(args.inputs());
      scores.fill(args, inputs.shape().tokens());
      return ls_op_score_rows(engine.pointer(), args);
    });
  }
}
