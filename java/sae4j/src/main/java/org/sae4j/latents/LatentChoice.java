package org.sae4j.latents;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;

/** Which latents of an SAE are looked at. */
public sealed interface LatentChoice {

  /** Every latent, those that never fire too. */
  static LatentChoice all() {
    return new All();
  }

  /** The given latents, in this order. */
  static LatentChoice of(int... latents) {
    return new Given(Arrays.stream(latents).boxed().toList());
  }

  /**
   * The latents that fire at the most tokens, the most frequent first.
   *
   * <p>Of two that fire equally often the one with the lower index. Latents that never fire are not
   * among them, so there may be fewer.
   */
  static LatentChoice mostActive(int count) {
    return new MostActive(count);
  }

  /** Every latent. */
  record All() implements LatentChoice {
    @Override
    public String toString() {
      return "all";
    }
  }

  /**
   * Chosen latents.
   *
   * @param latents their indices, from 0, each once
   */
  record Given(List<Integer> latents) implements LatentChoice {
    public Given {
      latents = List.copyOf(latents);
      if (latents.isEmpty()) {
        throw new IllegalArgumentException("no latent is chosen");
      }
      if (new HashSet<>(latents).size() < latents.size()) {
        throw new IllegalArgumentException("a latent is chosen twice: " + latents);
      }
    }

    @Override
    public String toString() {
      return latents.toString();
    }
  }

  /**
   * The latents that fire at the most tokens.
   *
   * @param count how many at most
   */
  record MostActive(int count) implements LatentChoice {
    public MostActive {
      if (count < 1) {
        throw new IllegalArgumentException("count must be at least 1, not " + count);
      }
    }

    @Override
    public String toString() {
      return "the " + count + " most active";
    }
  }
}
