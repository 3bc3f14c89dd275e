package dev.lodestone.io;

/** Element types of tensors, named as in safetensors headers. Little endian. */
public enum DType {
  F32(4),
  F16(2),
  BF16(2),
  F64(8),
  I32(4),
  I64(8),
  I8(1),
  U8(1),
  BOOL(1);

  private final int bytes;

  DType(int bytes) {
    this.bytes = bytes;
  }

  /** Bytes of one element. */
  public int bytes() {
    return bytes;
  }

  /** Whether a weight may have this type. */
  public boolean isWeight() {
    return this == F32 || this == F16 || this == BF16;
  }

  /** The type of that name, or null. */
  public static DType find(String name) {
    for (DType type : values()) {
      if (type.name().equals(name)) {
        return type;
      }
    }
    return null;
  }
}
