package org.sae4j;

import java.util.Optional;
import org.bytedeco.javacpp.DoublePointer;
import org.sae4j.engine.sae4j_place;

/** What the engine says of one replaced activation at each token of a batch, clean and replaced. */
final class PlaceArrays {
  private final DoublePointer xSquared; // [tokens]
  private final DoublePointer xSum; // [sequences, width]
  private final int width;
  private final Optional<EffectArrays> zero;
  private final Optional<EffectArrays> mean;

  PlaceArrays(Sequences batch, int width, boolean zero, boolean mean, CallMemory memory) {
    int tokens = batch.tokens();
    this.width = width;
    xSquared = memory.doubles(tokens);
    xSum = memory.doubles((long) batch.count() * width);
    this.zero = zero ? Optional.of(new EffectArrays(tokens, memory)) : Optional.empty();
    this.mean = mean ? Optional.of(new EffectArrays(tokens, memory)) : Optional.empty();
  }

  void writeTo(sae4j_place place) {
    place.x_squared(xSquared).x_sum(xSum);
    zero.ifPresent(effect -> place._zero(1).zero_effect(effect.struct()));
    mean.ifPresent(effect -> place.mean_effect(effect.struct()));
  }

  double xSquared(int token) {
    return xSquared.get(token);
  }

  /** Σ x over the counted tokens of a sequence, [width]. */
  double[] xSum(int sequence) {
    double[] sum = new double[width];
    for (int i = 0; i < width; i++) {
      sum[i] = xSum.get((long) sequence * width + i);
    }
    return sum;
  }

  /** What zero in place of the activation does. */
  Optional<EffectArrays> zero() {
    return zero;
  }

  /** What the mean in place of the activation does. */
  Optional<EffectArrays> mean() {
    return mean;
  }
}
