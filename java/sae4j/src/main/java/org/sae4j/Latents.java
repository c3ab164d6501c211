package org.sae4j;

import java.util.Arrays;
import java.util.Objects;

/**
 * The latents of some tokens, only those above zero.
 *
 * <p>Those of token {@code t} are at {@code offsets[t]} to {@code offsets[t + 1] - 1}, by ascending
 * index. The arrays are the record's own: do not write to them.
 *
 * @param latents the number of latents of the SAE, active or not
 * @param offsets [tokens + 1], from 0
 * @param indices [active latents of all tokens], from 0 to {@code latents - 1}
 * @param values [active latents of all tokens], above zero
 * @param scale [tokens] undoes the SAE's input normalisation: x̂ = y·scale + shift
 * @param shift [tokens]
 */
public record Latents(
    int latents, int[] offsets, int[] indices, float[] values, float[] scale, float[] shift) {

  public Latents {
    int tokens = offsets.length - 1;
    if (tokens < 1 || offsets[0] != 0 || offsets[tokens] != indices.length) {
      throw new IllegalArgumentException(
          "offsets must run from 0 to the number of indices, " + indices.length);
    }
    if (values.length != indices.length) {
      throw new IllegalArgumentException(
          indices.length + " indices, but " + values.length + " values");
    }
    if (scale.length != tokens || shift.length != tokens) {
      throw new IllegalArgumentException(
          tokens + " tokens, but " + scale.length + " scales and " + shift.length + " shifts");
    }
    for (int t = 0; t < tokens; t++) {
      requireAscending(t, offsets[t], offsets[t + 1], indices, latents);
    }
  }

  private static void requireAscending(int token, int from, int to, int[] indices, int latents) {
    if (from > to || to > indices.length) {
      throw new IllegalArgumentException("offsets fall at token " + token);
    }
    int previous = -1;
    for (int i = from; i < to; i++) {
      if (indices[i] <= previous || indices[i] >= latents) {
        throw new IllegalArgumentException(
            "token %d: index %d after %d; indices ascend and end before %d"
                .formatted(token, indices[i], previous, latents));
      }
      previous = indices[i];
    }
  }

  /** The number of tokens. */
  public int tokens() {
    return offsets.length - 1;
  }

  /** The number of active latents of one token. */
  public int active(int token) {
    return offsets[token + 1] - offsets[token];
  }

  /** The value of one latent at one token: 0 if it is not active. */
  public float value(int token, int latent) {
    Objects.checkIndex(latent, latents);
    int at = Arrays.binarySearch(indices, offsets[token], offsets[token + 1], latent);
    return at < 0 ? 0 : values[at];
  }

  /** The values of all latents at one token, [latents]. */
  public float[] dense(int token) {
    float[] dense = new float[latents];
    for (int i = offsets[token]; i < offsets[token + 1]; i++) {
      dense[indices[i]] = values[i];
    }
    return dense;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Latents that
        && latents == that.latents
        && Arrays.equals(offsets, that.offsets)
        && Arrays.equals(indices, that.indices)
        && Arrays.equals(values, that.values)
        && Arrays.equals(scale, that.scale)
        && Arrays.equals(shift, that.shift);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(indices) + Arrays.hashCode(values);
  }

  @Override
  public String toString() {
    return "%d active of %d latents at %d tokens".formatted(indices.length, latents, tokens());
  }
}
