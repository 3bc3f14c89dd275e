package dev.lodestone.model;

/**
 * A parameter under its Hugging Face name.
 *
 * @param rows outputs of a matrix; 1 for a vector
 * @param columns inputs of a matrix; length of a vector
 * @param rank 1 or 2
 */
public record ParameterShape(String name, long rows, long columns, int rank) {
  static ParameterShape matrix(String name, long rows, long columns) {
    return new ParameterShape(name, rows, columns, 2);
  }

  static ParameterShape vector(String name, long length) {
    return new ParameterShape(name, 1, length, 1);
  }

  /** Elements. */
  public long count() {
    return rows * columns;
  }

  /** The shape in a safetensors header. */
  public long[] shape() {
    return rank == 1 ? new long[] {columns} : new long[] {rows, columns};
  }
}
