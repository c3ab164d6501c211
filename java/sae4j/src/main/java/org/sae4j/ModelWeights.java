package org.sae4j;

/** Makes the weights of a model that does not come from a file. */
@FunctionalInterface
public interface ModelWeights {

  /**
   * Makes one tensor.
   *
   * @param name its GGUF name: {@code token_embd.weight}, {@code blk.0.attn_qkv.bias}
   * @param rows 1 for a vector, else the width of the output
   * @param columns the length of a vector, else the width of the input
   * @return {@code rows * columns} values, row by row
   */
  float[] tensor(String name, int rows, int columns);
}
