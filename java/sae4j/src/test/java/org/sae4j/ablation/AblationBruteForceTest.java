package org.sae4j.ablation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.sae4j.Edit;
import org.sae4j.Latents;
import org.sae4j.LivelyWeights;
import org.sae4j.Logits;
import org.sae4j.Model;
import org.sae4j.ModelOptions;
import org.sae4j.PatchEffect;
import org.sae4j.RandomSae;
import org.sae4j.RunOptions;
import org.sae4j.Sae;
import org.sae4j.Session;
import org.sae4j.SessionOptions;
import org.sae4j.Splice;
import org.sae4j.arch.HookPoint;
import org.sae4j.arch.ModelShape;
import org.sae4j.arch.Site;
import org.sae4j.format.Normalization;
import org.sae4j.tokens.Positions;
import org.sae4j.tokens.Sequences;

/**
 * Effects against those found the long way round: set the activation, run the whole model again,
 * and reduce all logits in plain Java.
 */
public class AblationBruteForceTest {
  private static final double RELATIVE = 1e-3;
  private static final int LATENTS = 40;
  private static final AblationOptions OPTIONS =
      AblationOptions.defaults().withFuture(5).withPositions(Positions.of(0, 7, 13)).withThreads(1);

  private static final ModelShape ODD = new ModelShape(3, 2, 16, 48, 32, 97, true, 1e-5f);
  private static final ModelShape EVEN = new ModelShape(2, 4, 32, 64, 24, 128, false, 1e-5f);
  private static final ModelShape SMALLEST = new ModelShape(1, 1, 8, 24, 20, 33, true, 1e-5f);

  static Stream<Arguments> shapesAndHooks() {
    return Stream.of(
        Arguments.of(ODD, HookPoint.residPre(0)),
        Arguments.of(ODD, HookPoint.ln1(1)),
        Arguments.of(ODD, HookPoint.ln1Standardized(1)),
        Arguments.of(ODD, HookPoint.ln2Standardized(0)),
        Arguments.of(ODD, HookPoint.ln2(0)),
        Arguments.of(ODD, HookPoint.mlpPost(1)),
        Arguments.of(ODD, HookPoint.attnOut(0)),
        Arguments.of(ODD, HookPoint.residMid(1)),
        Arguments.of(ODD, HookPoint.residPost(2)),
        Arguments.of(EVEN, HookPoint.z(0)),
        Arguments.of(EVEN, HookPoint.ln1(0)),
        Arguments.of(EVEN, HookPoint.ln2(1)),
        Arguments.of(EVEN, HookPoint.ln2Standardized(0)),
        Arguments.of(EVEN, HookPoint.mlpOut(1)),
        Arguments.of(EVEN, HookPoint.residPre(0)),
        Arguments.of(SMALLEST, HookPoint.embed()),
        Arguments.of(SMALLEST, HookPoint.posEmbed()),
        Arguments.of(SMALLEST, HookPoint.standardized()),
        Arguments.of(SMALLEST, HookPoint.normalized()));
  }

  @ParameterizedTest
  @MethodSource("shapesAndHooks")
  void everyHook(ModelShape shape, HookPoint hook) throws IOException {
    for (AblationBaseline baseline : AblationBaseline.values()) {
      for (AblationContext context : AblationContext.values()) {
        compare(shape, options(hook).withBaseline(baseline).withContext(context));
      }
    }
  }

  private static AblationOptions options(HookPoint hook) {
    return OPTIONS.withHook(hook);
  }

  @ParameterizedTest
  @MethodSource("shapesAndHooks")
  void channels(ModelShape shape, HookPoint hook) throws IOException {
    AblationOptions channels = options(hook).withControl(AblationControl.channels()).withMost(6);
    compare(shape, channels);
    compare(shape, channels.withContext(AblationContext.RECONSTRUCTED));
  }

  @Test
  void theEndOfASequence() throws IOException {
    AblationOptions options =
        options(HookPoint.residPre(1))
            .withTail(AblationTail.SHORTEN)
            .withPositions(Positions.of(14, 17));
    assertThat(compare(ODD, options)).isPositive();
    assertThat(compare(EVEN, options)).isPositive();
  }

  @Test
  void someOtherTokensReconstructed() throws IOException {
    compare(
        ODD,
        options(HookPoint.residPost(0))
            .withContext(AblationContext.RECONSTRUCTED)
            .withReconstructed(Positions.allButFirst()));
  }

  /** Latents of a transcoder change what it writes, whatever it reads. */
  @ParameterizedTest
  @CsvSource({
    "blocks.0.ln2.hook_out, blocks.0.hook_mlp_out",
    "blocks.1.ln1.hook_normalized, blocks.1.hook_attn_out",
    "hook_embed, blocks.1.mlp.hook_post",
    "blocks.0.hook_resid_mid, blocks.1.ln2.hook_normalized",
    "blocks.0.ln1.hook_normalized, ln_final.hook_normalized"
  })
  void transcoders(String in, String out) throws IOException {
    try (Sae transcoder =
        RandomSae.skipTranscoder(
            HookPoint.of(in),
            EVEN.embedding(),
            12,
            HookPoint.of(out),
            width(HookPoint.of(out), EVEN))) {
      compareEverything(transcoder);
    }
  }

  private static int width(HookPoint hook, ModelShape shape) {
    return hook.site() == Site.MLP_POST ? shape.feedForward() : shape.embedding();
  }

  /** Compares the effects of an SAE on a model of width 32 with both baselines and contexts. */
  public static void compareEverything(Sae sae) throws IOException {
    for (AblationBaseline baseline : AblationBaseline.values()) {
      for (AblationContext context : AblationContext.values()) {
        compare(EVEN, sae, OPTIONS.withBaseline(baseline).withContext(context));
      }
    }
    compare(EVEN, sae, OPTIONS.withControl(AblationControl.channels()).withMost(6));
  }

  /** Compares all effects; returns how many were large enough for it. */
  private long compare(ModelShape shape, AblationOptions options) throws IOException {
    HookPoint hook = options.hook().orElseThrow();
    Normalization normalization = shape == EVEN ? Normalization.LAYER_NORM : Normalization.NONE;
    try (Sae sae =
        RandomSae.topK(width(hook, shape), LATENTS, 6, of -> of.normalization(normalization))) {
      return compare(shape, sae, options);
    }
  }

  private static long compare(ModelShape shape, Sae sae, AblationOptions options)
      throws IOException {
    List<AblationEffect> found = new ArrayList<>();
    try (Model model = Model.of(shape, new LivelyWeights(1), ModelOptions.defaults());
        Session session = model.newSession(new SessionOptions(1))) {
      Sequences sequences = sequences(shape);
      AblationSummary summary = Ablation.of(model, sae).with(options).run(sequences, found::add);
      Splice splice = Splice.of(sae, options.hook(), model);
      LongWayRound expected = new LongWayRound(session, splice, sequences, options);
      found.forEach(expected::check);
      assertThat(summary.pairs()).isPositive();
      return summary.pairs() - summary.belowNoise();
    }
  }

  private static Sequences sequences(ModelShape shape) {
    SplittableRandom random = new SplittableRandom(5);
    int[] first = random.ints(18, 0, shape.vocabulary()).toArray();
    int[] second = random.ints(18, 0, shape.vocabulary()).toArray();
    return Sequences.of(first, second);
  }

  /** The definition, step by step, one run of the whole model for each step. */
  private record LongWayRound(
      Session session, Splice splice, Sequences all, AblationOptions options) {

    void check(AblationEffect effect) {
      Sequences sequence = Sequences.of(all.sequence(effect.sequence()));
      int t = effect.position();
      int future = Math.min(options.future(), sequence.tokens() - t);
      float[] read = row(activation(sequence, splice.in()), t, sequence);
      float[] x = row(activation(sequence, splice.out()), t, sequence);
      double[][] base = logits(sequence, t, future, base(read, x));
      double[][] ablated = logits(sequence, t, future, without(read, x, effect.ablated()));
      double kl = kl(base, ablated);
      assertThat(effect.kl()).isCloseTo(kl, within(Math.max(1e-6, RELATIVE * kl)));
      // At the very threshold either side may be right.
      if (kl > 2 * AblationEffect.NOISE) {
        double[] sparsities = sparsities(base, ablated);
        assertThat(effect.sparsity())
            .as("%s", effect)
            .isCloseTo(sparsities[0], within(RELATIVE * sparsities[0]));
        assertThat(effect.rowSparsity())
            .as("%s", effect)
            .isCloseTo(sparsities[1], within(RELATIVE * sparsities[1]));
        checkTopTokens(effect.change(), base, ablated);
      }
      checkCrossEntropies(effect.change(), base, ablated, sequence, t);
    }

    /** The target of a position is the token behind it, which the last one of a sequence lacks. */
    private static void checkCrossEntropies(
        PatchEffect effect, double[][] base, double[][] ablated, Sequences sequence, int t) {
      double sum = 0;
      int targeted = 0;
      for (int tau = 0; tau < base.length; tau++) {
        if (t + tau + 1 == sequence.tokens()) {
          assertThat(effect.rowDeltaCe()[tau]).isNaN();
          continue;
        }
        int target = sequence.token(0, t + tau + 1);
        double rise =
            logSum(ablated[tau]) - ablated[tau][target] - logSum(base[tau]) + base[tau][target];
        assertThat(effect.rowDeltaCe()[tau])
            .as("ΔCE at position %d + %d", t, tau)
            .isCloseTo(rise, within(1e-4 * Math.max(1e-2, Math.abs(rise))));
        sum += rise;
        targeted++;
      }
      if (targeted == 0) {
        assertThat(effect.deltaCe()).isNaN();
      } else {
        double mean = sum / targeted;
        assertThat(effect.deltaCe()).isCloseTo(mean, within(1e-4 * Math.max(1e-2, Math.abs(mean))));
      }
    }

    /** The tokens that rise and fall most over all positions, the first among them. */
    private static void checkTopTokens(PatchEffect effect, double[][] base, double[][] ablated) {
      int vocabulary = base[0].length;
      double[] sums = new double[vocabulary];
      for (int tau = 0; tau < base.length; tau++) {
        for (int v = 0; v < vocabulary; v++) {
          sums[v] += ablated[tau][v] - base[tau][v];
        }
      }
      double[] ascending = sums.clone();
      Arrays.sort(ascending);
      double near = 1e-3 * (ascending[vocabulary - 1] - ascending[0]);
      assertThat(effect.topUp()).doesNotHaveDuplicates().isNotEmpty();
      assertThat(effect.topDown()).doesNotHaveDuplicates().hasSameSizeAs(effect.topUp());
      for (int i = 0; i < effect.topUp().length; i++) {
        assertThat(sums[effect.topUp()[i]]).isCloseTo(ascending[vocabulary - 1 - i], within(near));
        assertThat(sums[effect.topDown()[i]]).isCloseTo(ascending[i], within(near));
      }
    }

    private Sae sae() {
      return splice.sae();
    }

    private float[] activation(Sequences sequence, HookPoint point) {
      RunOptions capture = RunOptions.defaults().capture(point).withoutLogits();
      return session.run(sequence, capture).activation(point).toArray();
    }

    private static float[] row(float[] activation, int t, Sequences sequence) {
      int width = activation.length / sequence.tokens();
      return Arrays.copyOfRange(activation, t * width, (t + 1) * width);
    }

    private boolean ofChannels() {
      return options.control() instanceof AblationControl.Channels;
    }

    private float[] base(float[] read, float[] x) {
      boolean clean = ofChannels() || options.baseline() == AblationBaseline.ERROR_PRESERVING;
      return clean ? x : sae().reconstruct(read);
    }

    private float[] without(float[] read, float[] x, int ablated) {
      if (ofChannels()) {
        float[] zeroed = x.clone();
        zeroed[ablated] = 0;
        return zeroed;
      }
      Latents latents = sae().encode(read);
      float[] decoded = sae().decode(drop(latents, ablated));
      float[] all = sae().decode(latents);
      float[] base = base(read, x);
      float[] value = new float[x.length];
      for (int c = 0; c < value.length; c++) {
        value[c] = (float) (base[c] + ((double) decoded[c] - all[c]));
      }
      return value;
    }

    private static Latents drop(Latents z, int latent) {
      List<Integer> kept = new ArrayList<>();
      for (int i = 0; i < z.indices().length; i++) {
        if (z.indices()[i] != latent) {
          kept.add(i);
        }
      }
      int[] indices = kept.stream().mapToInt(i -> z.indices()[i]).toArray();
      float[] values = new float[indices.length];
      for (int i = 0; i < values.length; i++) {
        values[i] = z.values()[kept.get(i)];
      }
      int[] offsets = {0, indices.length};
      return new Latents(z.latents(), offsets, indices, values, z.scale(), z.shift());
    }

    private double[][] logits(Sequences sequence, int t, int future, float[] value) {
      float[] rows = new float[sequence.tokens() * value.length];
      System.arraycopy(value, 0, rows, t * value.length, value.length);
      Edit here = Edit.tensor(rows).at(Positions.of(t));
      RunOptions run = RunOptions.defaults();
      if (options.context() == AblationContext.RECONSTRUCTED) {
        float[] everywhere = sae().reconstruct(activation(sequence, splice.in()));
        run = run.edit(splice.out(), Edit.tensor(everywhere).at(options.reconstructed()));
      }
      Logits logits = session.run(sequence, run.edit(splice.out(), here)).logits();
      double[][] kept = new double[future][logits.vocabulary()];
      for (int tau = 0; tau < future; tau++) {
        for (int v = 0; v < logits.vocabulary(); v++) {
          kept[tau][v] = logits.get(0, t + tau, v);
        }
      }
      return kept;
    }

    private static double kl(double[][] base, double[][] ablated) {
      double sum = 0;
      for (int tau = 0; tau < base.length; tau++) {
        double p = logSum(base[tau]);
        double q = logSum(ablated[tau]);
        for (int v = 0; v < base[tau].length; v++) {
          double logP = base[tau][v] - p;
          sum += Math.exp(logP) * (logP - (ablated[tau][v] - q));
        }
      }
      return sum / base.length;
    }

    private static double logSum(double[] logits) {
      double max = Arrays.stream(logits).max().orElseThrow();
      return max + Math.log(Arrays.stream(logits).map(l -> Math.exp(l - max)).sum());
    }

    private static double[] sparsities(double[][] base, double[][] ablated) {
      double l1 = 0;
      double squares = 0;
      double rows = 0;
      int changed = 0;
      int vocabulary = base[0].length;
      for (int tau = 0; tau < base.length; tau++) {
        double[] d = new double[vocabulary];
        for (int v = 0; v < vocabulary; v++) {
          d[v] = ablated[tau][v] - base[tau][v];
        }
        double[] sorted = d.clone();
        Arrays.sort(sorted);
        double median = sorted[(vocabulary - 1) / 2];
        double rowL1 = Arrays.stream(d).map(value -> Math.abs(value - median)).sum();
        double rowSquares = Arrays.stream(d).map(value -> Math.pow(value - median, 2)).sum();
        l1 += rowL1;
        squares += rowSquares;
        if (rowSquares > 0) {
          rows += rowL1 * rowL1 / rowSquares / vocabulary;
          changed++;
        }
      }
      return new double[] {l1 * l1 / squares / vocabulary / base.length, rows / changed};
    }
  }
}
