package org.sae4j.ablation;

import java.util.Arrays;
import java.util.Comparator;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.sae4j.Latents;
import org.sae4j.Sae;
import org.sae4j.Session;

/** The active latents of one token, each of them set to zero in turn. */
final class AblatedLatents implements Ablatable {
  /**
   * How much a latent is enlarged to be decoded; a power of two, so that it is exact.
   *
   * <p>What a latent adds is decoded together with the decoder's bias, which is subtracted again:
   * so large, it does not drown in it.
   */
  private static final float ENLARGED = 0x1p20f;

  private final Session session;
  private final Sae sae;
  private final int[] indices; // [active], ascending
  private final float[] values; // [active]
  private final float scale;
  private final int[] chosen; // [count] of indices, ascending
  private final float[] base; // [width]

  /**
   * Chooses the latents.
   *
   * @param base [width] the activation of the base run at the token
   * @param row the token among those of {@code latents}
   */
  AblatedLatents(
      Session session, Sae sae, float[] base, Latents latents, int row, OptionalInt most) {
    this.session = session;
    this.sae = sae;
    this.base = base;
    int from = latents.offsets()[row];
    int to = latents.offsets()[row + 1];
    indices = Arrays.copyOfRange(latents.indices(), from, to);
    values = Arrays.copyOfRange(latents.values(), from, to);
    scale = latents.scale()[row];
    chosen = choose(most);
  }

  /** Those with the largest values; of equal ones those with the smaller index. */
  private int[] choose(OptionalInt most) {
    return IntStream.range(0, indices.length)
        .boxed()
        .sorted(Comparator.comparing(i -> -values[i]))
        .limit(most.orElse(indices.length))
        .mapToInt(Integer::intValue)
        .sorted()
        .toArray();
  }

  /** How much each of some latents adds to the reconstruction, [to - from, width]. */
  double[] decoded(int from, int to) {
    int count = to - from;
    int[] offsets = new int[count + 2]; // the last token has no latent: it is the bias alone
    int[] ones = new int[count];
    float[] enlarged = new float[count];
    for (int i = 0; i < count; i++) {
      offsets[i + 1] = i + 1;
      ones[i] = indices[chosen[from + i]];
      enlarged[i] = values[chosen[from + i]] * ENLARGED;
    }
    offsets[count + 1] = count;
    float[] sums = decode(offsets, ones, enlarged);
    int width = width();
    int bias = count * width;
    double[] decoded = new double[count * width];
    for (int row = 0; row < bias; row += width) {
      for (int j = 0; j < width; j++) {
        decoded[row + j] = ((double) sums[row + j] - sums[bias + j]) / ENLARGED;
      }
    }
    return decoded;
  }

  /** Sums of enlarged latents: what is added whatever the latents are cancels out of them. */
  private float[] decode(int[] offsets, int[] active, float[] z) {
    int tokens = offsets.length - 1;
    float[] scales = new float[tokens];
    float[] shifts = new float[tokens];
    Arrays.fill(scales, scale);
    Latents latents = new Latents(sae.config().dSae(), offsets, active, z, scales, shifts);
    return session.decode(sae, latents);
  }

  int width() {
    return sae.config().dOut();
  }

  @Override
  public float[] base() {
    return base;
  }

  @Override
  public int count() {
    return chosen.length;
  }

  @Override
  public int ablated(int i) {
    return indices[chosen[i]];
  }

  @Override
  public double activation(int i) {
    return values[chosen[i]];
  }

  @Override
  public float[] values(int from, int to) {
    double[] decoded = decoded(from, to);
    float[] without = new float[decoded.length];
    for (int row = 0; row < without.length; row += base.length) {
      for (int j = 0; j < base.length; j++) {
        without[row + j] = (float) (base[j] - decoded[row + j]);
      }
    }
    return without;
  }
}
