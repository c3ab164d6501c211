package org.sae4j;

import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.LongPointer;
import org.sae4j.engine.sae4j_reconstruction;
import org.sae4j.engine.sae4j_splice;

/** What the engine says of one SAE at each token of a batch. */
final class SpliceArrays {
  private final EffectArrays effect;
  private final DoublePointer squaredError; // [tokens]
  private final DoublePointer xHatSquared; // [tokens]
  private final DoublePointer xDotXHat; // [tokens]
  private final DoublePointer l1; // [tokens]
  private final IntPointer l0; // [tokens]
  private final LongPointer fires; // [latents]
  private final sae4j_reconstruction struct;

  SpliceArrays(int tokens, int latents, CallMemory memory) {
    effect = new EffectArrays(tokens, memory);
    squaredError = memory.doubles(tokens);
    xHatSquared = memory.doubles(tokens);
    xDotXHat = memory.doubles(tokens);
    l1 = memory.doubles(tokens);
    l0 = memory.ints((long) tokens);
    fires = memory.longs((long) latents);
    struct =
        memory
            .struct(new sae4j_reconstruction())
            .squared_error(squaredError)
            .x_hat_squared(xHatSquared)
            .x_dot_x_hat(xDotXHat)
            .l1(l1)
            .l0(l0)
            .fires(fires);
  }

  void writeTo(sae4j_splice splice) {
    splice.effect(effect.struct()).reconstruction(struct);
  }

  EffectArrays effect() {
    return effect;
  }

  double squaredError(int token) {
    return squaredError.get(token);
  }

  double xHatSquared(int token) {
    return xHatSquared.get(token);
  }

  double xDotXHat(int token) {
    return xDotXHat.get(token);
  }

  double l1(int token) {
    return l1.get(token);
  }

  int l0(int token) {
    return l0.get(token);
  }

  /** Adds how often each latent was active at counted tokens. */
  void addFires(long[] sums) {
    for (int i = 0; i < sums.length; i++) {
      sums[i] += fires.get(i);
    }
  }
}
