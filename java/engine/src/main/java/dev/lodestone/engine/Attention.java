package dev.lodestone.engine;

import dev.lodestone.engine.bind.LsAttention;

/**
 * Queries, keys and values: reals (tokens, heads or kvHeads, headDim). Offsets and strides are multiples of 8.
 *
 * @param v null where an op does not read it
 * @param qStride elements between the tokens of q; 0 for dense
 * @param kvStride of k and v
 */
public record Attention(AttentionShape shape, Operand q, Operand k, Operand v, long qStride, long kvStride) {
  /** Each on its own, without gaps. */
  public static Attention dense(AttentionShape shape, Operand q, Operand k, Operand v) {
    return new Attention(shape, q, k, v, 0, 0);
  }

  /** Slices of one projection (tokens, heads + 2·kvHeads, headDim): q, then k, then v. */
  public static Attention fused(AttentionShape shape, DeviceBuffer qkv) {
    long qWidth = shape.heads() * shape.headDim();
    long kvWidth = shape.kvHeads() * shape.headDim();
    long stride = qWidth + 2 * kvWidth;
    return new Attention(shape, qkv, qkv.at(qWidth), qkv.at(qWidth + kvWidth), stride, stride);
  }

  void fill(LsAttention struct) {
    shape.fill(struct.shape());
    Operand.fill(struct.q(), q);
    Operand.fill(struct.k(), k);
    Operand.fill(struct.v(), v);
    struct.q_stride(qStride).kv_stride(kvStride);
  }
}
