package org.sae4j;

import org.bytedeco.javacpp.DoublePointer;
import org.sae4j.engine.sae4j_evaluation;

/** What the engine says of each token of a batch in the clean run. */
final class CleanArrays {
  private final DoublePointer ce; // [tokens]
  private final DoublePointer xSquared; // [tokens]
  private final DoublePointer xSum; // [width]

  CleanArrays(int tokens, int width, CallMemory memory) {
    ce = memory.doubles(tokens);
    xSquared = memory.doubles(tokens);
    xSum = memory.doubles(width);
  }

  void writeTo(sae4j_evaluation struct) {
    struct.ce_clean(ce).x_squared(xSquared).x_sum(xSum);
  }

  double ce(int token) {
    return ce.get(token);
  }

  double xSquared(int token) {
    return xSquared.get(token);
  }

  double xSum(int channel) {
    return xSum.get(channel);
  }
}
