package dev.lodestone.engine;

import static dev.lodestone.engine.bind.Lodestone.ls_engine_synchronize;
import static dev.lodestone.engine.bind.Lodestone.ls_op_adamw;
import static dev.lodestone.engine.bind.Lodestone.ls_op_linear_backward;
import static dev.lodestone.engine.bind.Lodestone.ls_op_linear_cross_entropy;
import static dev.lodestone.engine.bind.Lodestone.ls_op_linear_forward;
import static dev.lodestone.engine.bind.Lodestone.ls_op_rmsnorm_backward;
import static dev.lodestone.engine.bind.Lodestone.ls_op_rmsnorm_forward;
import static dev.lodestone.engine.bind.Lodestone.ls_op_rope;
import static dev.lodestone.engine.bind.Lodestone.ls_op_swiglu_backward;
import static dev.lodestone.engine.bind.Lodestone.ls_op_swiglu_forward;

import dev.lodestone.engine.bind.LsAdamw;
import dev.lodestone.engine.bind.LsLinearBackward;
import dev.lodestone.engine.bind.LsLinearCrossEntropy;
import dev.lodestone.engine.bind.LsLinearForward;
import dev.lodestone.engine.bind.LsRmsnormBackward;
import dev.lodestone.engine.bind.LsRmsnormForward;
import dev.lodestone.engine.bind.LsRotate;
import dev.lodestone.engine.bind.LsSwigluBackward;
import dev.lodestone.engine.bind.LsSwigluForward;
import dev.lodestone.model.RopeConfig;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;

/**
 * The ops of a layer one by one, for other tools; those of attention are in {@link AttentionOps}. Tensors are dense and
 * row-major in {@link DeviceBuffer}s, whose elements are reals, floats or ints. Operands that may be null say so.
 *
 * <p>Everything is checked before anything runs: sizes, that operands lie in their buffers, that these are of the
 * engine and of the right element. What is wrong is an {@link EngineException} whose sentence begins with the op and is
 * the same on every device. An op may still be running on a GPU when its method returns; reading a buffer waits.
 */
public final class Ops {
  private Ops() {}

  /** Waits until all ops of the engine have ended; what went wrong in them is an exception here. */
  public static void synchronize(Engine engine) {
    Native.check(ls_engine_synchronize(engine.pointer()));
  }

  /** Rows and their width. */
  public record Rows(long rows, long width) {}

  /**
   * RMSNorm: y = x · rstd · weight with rstd = 1/√(mean(x²) + eps).
   *
   * @param x reals (rows, width)
   * @param weight reals (width)
   * @param y reals (rows, width), written
   * @param rstd floats (rows), written; or null
   */
  public static void rmsNorm(Engine engine, Rows shape, double eps, Operand x, Operand weight, Operand y,
      Operand rstd) {
    Native.call(LsRmsnormForward::new, args -> {
      args.rows(shape.rows()).width(shape.width()).eps(eps);
      Operand.fill(args.x(), x);
      Operand.fill(args.weight(), weight);
      Operand.fill(args.y(), y);
      Operand.fill(args.rstd(), rstd);
      return ls_op_rmsnorm_forward(engine.pointer(), args);
    });
  }

  /**
   * The gradient of RMSNorm.
   *
   * @param rstd floats (rows) that {@link #rmsNorm} wrote
   * @param dY reals (rows, width)
   * @param dX reals (rows, width), added to; or null
   * @param dWeight floats (width), added to; or null
   */
  public static void rmsNormBackward(Engine engine, Rows shape, Operand x, Operand weight, Operand rstd, Operand dY,
      Operand dX, Operand dWeight) {
    Native.call(LsRmsnormBackward::new, args -> {
      args.rows(shape.rows()).width(shape.width());
      Operand.fill(args.x(), x);
      Operand.fill(args.weight(), weight);
      Operand.fill(args.rstd(), rstd);
      Operand.fill(args.d_y(), dY);
      Operand.fill(args.d_x(), dX);
      Operand.fill(args.d_weight(), dWeight);
      return ls_op_rmsnorm_backward(engine.pointer(), args);
    });
  }

  /**
   * How rotary positions turn heads.
   *
   * @param headDim even
   * @param stride elements between tokens; 0 for heads · headDim
   * @param positions one for each token; null for 0, 1, 2 ...
   * @param maxPositions of the model; dynamic and YaRN scaling ask for it
   * @param inverse turns back: the backward pass
   */
  public record Rotation(long tokens, long heads, long headDim, long stride, int[] positions, RopeConfig rope,
      long maxPositions, boolean inverse) {
    /** Dense heads at positions 0, 1, 2 ... */
    public static Rotation of(long tokens, long heads, long headDim, RopeConfig rope, long maxPositions) {
      return new Rotation(tokens, heads, headDim, 0, null, rope, maxPositions, false);
    }

    /** The way back. */
    public Rotation inverted() {
      return new Rotation(tokens, heads, headDim, stride, positions, rope, maxPositions, !inverse);
    }
  }

  /** Rotary positions in Hugging Face's layout, in place on reals (tokens, heads, headDim). */
  public static void rope(Engine engine, Rotation rotation, Operand x) {
    var positions = rotation.positions();
    checkLength("rope", "positions", rotation.tokens(), positions == null ? rotation.tokens() : positions.length);
    Native.call(LsRotate::new, args -> {
      args.tokens(rotation.tokens()).heads(rotation.heads()).head_dim(rotation.headDim()).stride(rotation.stride())
          .max_positions(rotation.maxPositions()).inverse(rotation.inverse() ? 1 : 0);
      NativeConfig.fill(args.rope(), rotation.rope());
      if (positions != null) {
        args.positions(new IntPointer(positions));
      }
      Operand.fill(args.x(), x);
      return ls_op_rope(engine.pointer(), args);
    });
  }

  /**
   * y = silu(gate) · up.
   *
   * @param gateUp reals (rows, 2·width): gate, then up
   * @param y reals (rows, width), written
   */
  public static void swiglu(Engine engine, Rows shape, Operand gateUp, Operand y) {
    Native.call(LsSwigluForward::new, args -> {
      args.rows(shape.rows()).width(shape.width());
      Operand.fill(args.gate_up(), gateUp);
      Operand.fill(args.y(), y);
      return ls_op_swiglu_forward(engine.pointer(), args);
    });
  }

  /**
   * The gradient of SwiGLU.
   *
   * @param dY reals (rows, width)
   * @param dGateUp reals (rows, 2·width), written; may be {@code gateUp} itself
   */
  public static void swigluBackward(Engine engine, Rows shape, Operand gateUp, Operand dY, Operand dGateUp) {
    Native.call(LsSwigluBackward::new, args -> {
      args.rows(shape.rows()).width(shape.width());
      Operand.fill(args.gate_up(), gateUp);
      Operand.fill(args.d_y(), dY);
      Operand.fill(args.d_gate_up(), dGateUp);
      return ls_op_swiglu_backward(engine.pointer(), args);
    });
  }

  /** A linear layer: {@code rows} rows of {@code in} become rows of {@code out}. */
  public record LinearShape(long rows, long in, long out) {}

  /**
   * y = alpha·x·weightᵀ + bias + beta·y.
   *
   * @param x reals (rows, in)
   * @param weight reals (out, in), as Hugging Face stores it
   * @param bias reals (out), or null
   * @param y reals (rows, out)
   */
  public static void linear(Engine engine, LinearShape shape, Operand x, Operand weight, Operand bias, Operand y,
      double alpha, double beta) {
    Native.call(LsLinearForward::new, args -> {
      args.rows(shape.rows()).in(shape.in()).out(shape.out()).alpha(alpha).beta(beta);
      Operand.fill(args.x(), x);
      Operand.fill(args.weight(), weight);
      Operand.fill(args.bias(), bias);
      Operand.fill(args.y(), y);
      return ls_op_linear_forward(engine.pointer(), args);
    });
  }

  /**
   * Where {@link #linearBackward} writes; what is null is not computed.
   *
   * @param dX reals (rows, in), written
   * @param dWeight floats (out, in), added to
   * @param dBias floats (out), added to; needs {@code dWeight}
   */
  public record LinearGradients(Operand dX, Operand dWeight, Operand dBias) {}

  /**
   * The gradients of a linear layer.
   *
   * @param x read for dWeight, otherwise it may be null
   * @param weight read for dX, otherwise it may be null
   * @param dY reals (rows, out)
   */
  public static void linearBackward(Engine engine, LinearShape shape, Operand x, Operand weight, Operand dY,
      LinearGradients gradients) {
    Native.call(LsLinearBackward::new, args -> {
      args.rows(shape.rows()).in(shape.in()).out(shape.out());
      Operand.fill(args.x(), x);
      Operand.fill(args.weight(), weight);
      Operand.fill(args.d_y(), dY);
      Operand.fill(args.d_x(), gradients.dX());
      Operand.fill(args.d_weight(), gradients.dWeight());
      Operand.fill(args.d_bias(), gradients.dBias());
      return ls_op_linear_backward(engine.pointer(), args);
    });
  }

  /**
   * The rows of a loss.
   *
   * @param labels one for each row
   * @param weights of the rows, or null for 1
   * @param denominator of the sum of weighted losses; 0 for the number of rows
   */
  public record Labels(int[] labels, float[] weights, double denominator) {}

  /**
   * The cross-entropy of x·weightᵀ, and its gradients; the logits never stand in memory all at once.
   *
   * @param vocabulary rows of the weight
   * @param width of x
   * @param x reals (rows, width)
   * @param weight reals (vocabulary, width)
   * @param dX reals (rows, width), written; or null
   * @param dWeight floats (vocabulary, width), added to; or null
   * @return the loss
   */
  public static double linearCrossEntropy(Engine engine, Labels labels, long vocabulary, long width, Operand x,
      Operand weight, Operand dX, Operand dWeight) {
    int rows = labels.labels().length;
    var weights = labels.weights();
    checkLength("linear_cross_entropy", "weights", rows, weights == null ? rows : weights.length);
    var loss = new double[1];
    Native.call(LsLinearCrossEntropy::new, args -> {
      args.rows(rows).width(width).vocabulary(vocabulary).denominator(labels.denominator())
          .label(new IntPointer(labels.labels()));
      if (weights != null) {
        args.row_weight(new FloatPointer(weights));
      }
      Operand.fill(args.x(), x);
      Operand.fill(args.weight(), weight);
      Operand.fill(args.d_x(), dX);
      Operand.fill(args.d_weight(), dWeight);
      return ls_op_linear_cross_entropy(engine.pointer(), args, loss);
    });
    return loss[0];
  }

  /**
   * Numbers of AdamW.
   *
   * @param clip largest norm of the gradient; 0 for no clipping
   * @param step from 1
   */
  public record AdamW(double learningRate, double beta1, double beta2, double eps, double decay, double clip,
      long step) {}

  /**
   * One tensor with what AdamW keeps of it.
   *
   * @param weight reals (count)
   * @param master floats (count), the weight in fp32 of which {@code weight} becomes the rounding; or null
   * @param m floats (count), first moments
   * @param v floats (count), second moments
   * @param gradient floats (count)
   */
  public record AdamWTensor(long count, Operand weight, Operand master, Operand m, Operand v, Operand gradient) {}

  /**
   * One step of AdamW as PyTorch computes it. If the norm is not finite nothing is updated.
   *
   * @return the norm of the gradient before clipping
   */
  public static double adamW(Engine engine, AdamW options, AdamWTensor tensor) {
    var norm = new double[1];
    Native.call(LsAdamw::new, args -> {
      args.count(tensor.count()).learning_rate(options.learningRate()).beta1(options.beta1()).beta2(options.beta2())
          .eps(options.eps()).decay(options.decay()).clip(options.clip()).step(options.step());
      Operand.fill(args.weight(), tensor.weight());
      Operand.fill(args.master(), tensor.master());
      Operand.fill(args.m(), tensor.m());
      Operand.fill(args.v(), tensor.v());
      Operand.fill(args.gradient(), tensor.gradient());
      return ls_op_adamw(engine.pointer(), args, norm);
    });
    return norm[0];
  }

  private static void checkLength(String op, String what, long expected, long found) {
    if (expected != found) {
      throw new EngineException(EngineException.INVALID,
          op + ": expected " + expected + " " + what + " but found " + found);
    }
  }
}
