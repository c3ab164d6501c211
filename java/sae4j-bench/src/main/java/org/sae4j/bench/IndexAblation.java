package org.sae4j.bench;

import static org.sae4j.engine.global.sae4j.sae4j_patching_free;
import static org.sae4j.engine.global.sae4j.sae4j_patching_get_activation;
import static org.sae4j.engine.global.sae4j.sae4j_patching_new;
import static org.sae4j.engine.global.sae4j.sae4j_patching_run;
import static org.sae4j.engine.global.sae4j.sae4j_sae_decode;
import static org.sae4j.engine.global.sae4j.sae4j_sae_encode;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.sae4j.engine.sae4j_latents;
import org.sae4j.engine.sae4j_patch_effect;
import org.sae4j.engine.sae4j_patch_fn;
import org.sae4j.engine.sae4j_patches;
import org.sae4j.engine.sae4j_patching;
import org.sae4j.engine.sae4j_sae;
import org.sae4j.engine.sae4j_times;

/**
 * Sparsity of ablation effects at one token index: every active latent set to zero, one at a time,
 * and what that does to the logits of this and the next tokens.
 */
final class IndexAblation {
  static final int FUTURE = 16;
  static final int INDICES = 8;

  private static final int D = Gpt2Small.SHAPE.embedding();
  private static final int TAIL_BLOCKS = Gpt2Small.SHAPE.layers() - Gpt2Small.LAYER - 1;

  /**
   * What one index took, in seconds.
   *
   * @param pairs the latents that were active
   * @param front the clean run, of the whole sequence
   * @param tail the last blocks of all patched runs
   * @param head their logits, and what is made of them
   */
  record Cost(int context, int pairs, double all, double front, double tail, double head) {
    static String header() {
      return String.format(
          "%-8s %7s %6s %8s %8s %8s %16s %16s",
          "", "context", "pairs", "s", "ms/pair", "front s", "tail s (peak)", "head s (peak)");
    }

    String line(String precision, double peak) {
      double rows = (double) (pairs + 1) * FUTURE;
      double tailFlops =
          TAIL_BLOCKS * rows * (2.0 * (4 * D * D + 2 * D * 4 * D) + 4.0 * D * context);
      return String.format(
          Locale.ROOT,
          "%-8s %7d %6d %8.3f %8.2f %8.3f %9.3f (%3.0f%%) %9.3f (%3.0f%%)",
          precision,
          context,
          pairs,
          all,
          1e3 * all / pairs,
          front,
          tail,
          100 * tailFlops / tail / 1e9 / peak,
          head,
          100 * Gpt2Small.headFlops(rows) / head / 1e9 / peak);
    }
  }

  /** Counts the patches, and sees to it that each has a result. */
  private static final class Seen extends sae4j_patch_fn {
    private int count;

    @Override
    public int call(Pointer userData, long index, sae4j_patch_effect effect) {
      count++;
      return Double.isNaN(effect.sparsity()) ? 1 : 0;
    }
  }

  private IndexAblation() {}

  /** Every fourth index of one sequence, the last with just enough tokens after it. */
  static int[] indices(int context) {
    return IntStream.range(0, INDICES).map(i -> context - FUTURE - 4 * i).toArray();
  }

  /** Ablates every active latent at the last index that has enough tokens after it. */
  static Cost run(BareEngine engine, int context, int k) {
    int t = context - FUTURE;
    sae4j_sae sae = engine.sae(k);
    sae4j_patching patching = new sae4j_patching();
    long start = System.nanoTime();
    try (PointerScope scope = new PointerScope()) {
      int[] tokens = Gpt2Small.sequences(1, context).sequence(0);
      BareEngine.check(
          sae4j_patching_new(
              engine.session(), engine.model(), tokens, context, Gpt2Small.HOOK.name(), patching));
      long ran = System.nanoTime();

      FloatPointer x = sae4j_patching_get_activation(patching).getPointer((long) t * D);
      sae4j_latents latents = BareEngine.zeroed(new sae4j_latents());
      BareEngine.check(sae4j_sae_encode(engine.session(), sae, x, 1, latents));
      int active = (int) latents.offsets().get(1);
      FloatPointer values = new FloatPointer((active + 1L) * D);
      sae4j_latents without = eachWithoutOne(latents, active);
      BareEngine.check(sae4j_sae_decode(engine.session(), sae, without, values));

      Seen seen = new Seen();
      sae4j_patches patches =
          BareEngine.zeroed(new sae4j_patches())
              ._position(t)
              .future(FUTURE)
              .base(values)
              .values(values.getPointer(D))
              .n(active)
              .seen(seen);
      double before = head(engine);
      long tailStart = System.nanoTime();
      BareEngine.check(sae4j_patching_run(engine.session(), patching, patches));
      long end = System.nanoTime();
      if (seen.count != active) {
        throw new IllegalStateException("expected " + active + " patches, found " + seen.count);
      }
      double head = head(engine) - before;
      return new Cost(
          context,
          active,
          (end - start) / 1e9,
          (ran - start) / 1e9,
          (end - tailStart) / 1e9 - head,
          head);
    } finally {
      sae4j_patching_free(patching);
    }
  }

  private static double head(BareEngine engine) {
    try (sae4j_times times = engine.times()) {
      return times.unembed();
    }
  }

  /** The token's latents as they are, then as many times with one left out. */
  private static sae4j_latents eachWithoutOne(sae4j_latents token, int active) {
    int rows = active + 1;
    int[] index = new int[active];
    float[] value = new float[active];
    token.indices().get(index);
    token.values().get(value);
    long[] offsets = new long[rows + 1];
    int[] indices = new int[active + active * (active - 1)];
    float[] values = new float[indices.length];
    int at = 0;
    for (int row = 0; row < rows; row++) {
      for (int i = 0; i < active; i++) {
        if (i != row - 1) {
          indices[at] = index[i];
          values[at++] = value[i];
        }
      }
      offsets[row + 1] = at;
    }
    float[] scale = new float[rows];
    float[] shift = new float[rows];
    Arrays.fill(scale, token.scale().get());
    Arrays.fill(shift, token.shift().get());
    return BareEngine.zeroed(new sae4j_latents())
        .n_tokens(rows)
        .offsets(new LongPointer(offsets))
        .indices(new IntPointer(indices))
        .values(new FloatPointer(values))
        .scale(new FloatPointer(scale))
        .shift(new FloatPointer(shift));
  }
}
