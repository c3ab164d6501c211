package org.sae4j.format.model;

import org.sae4j.format.container.GgufType;

/**
 * The element type that a conversion gives to a model's matrices.
 *
 * <p>Vectors and the position embedding, which are small, stay in 32 bits.
 */
public enum WeightPrecision {
  F32(GgufType.F32),
  F16(GgufType.F16),
  BF16(GgufType.BF16);

  private final GgufType matrixType;

  WeightPrecision(GgufType matrixType) {
    this.matrixType = matrixType;
  }

  /** Returns the type that a tensor is written in. */
  GgufType typeOf(GgufWeight weight) {
    boolean small = weight.tensor().rank() < 2 || weight.ggufName().equals("position_embd.weight");
    return small ? GgufType.F32 : matrixType;
  }

  /** Returns llama.cpp's number for a file whose matrices mostly have this type. */
  int fileType() {
    return switch (this) {
      case F32 -> 0;
      case F16 -> 1;
      case BF16 -> 32;
    };
  }
}
