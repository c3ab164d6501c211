package org.sae4j.bench;

import static org.sae4j.engine.global.sae4j.sae4j_evaluate;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.PointerScope;
import org.sae4j.engine.sae4j_batch;
import org.sae4j.engine.sae4j_effect;
import org.sae4j.engine.sae4j_evaluation;
import org.sae4j.engine.sae4j_place;
import org.sae4j.engine.sae4j_reconstruction;
import org.sae4j.engine.sae4j_splice;
import org.sae4j.engine.sae4j_times;
import org.sae4j.tokens.Sequences;

/** Where the seconds of the KL evaluation go, and how near each step is to the sgemm peak. */
final class Steps {
  private static final String FORMAT = "%-8s %-8s %9s %9s %9s %8s %7s";

  /** The steps, with the arithmetic or the traffic that each cannot do without. */
  enum Step {
    FRONT("front", sae4j_times::front, (Gpt2Small.LAYER + 1) * Gpt2Small.blockFlops(), 0),
    ENCODE("encode", sae4j_times::encode, 2.0 * Gpt2Small.TOKENS * matrix(), 0),
    TOP_K("top-k", sae4j_times::top_k, 0, 4.0 * Gpt2Small.TOKENS * Gpt2Small.LATENTS),
    DECODE("decode", sae4j_times::decode, 0, 4.0 * Gpt2Small.TOKENS * (Gpt2Small.K + 1) * d()),
    TAIL("tail", sae4j_times::tail, 2 * tailBlocks() * Gpt2Small.blockFlops(), 0),
    HEAD("head", sae4j_times::unembed, Gpt2Small.headFlops(2.0 * Gpt2Small.TOKENS), 0);

    private final String label;
    private final ToDoubleFunction<sae4j_times> seconds;
    private final double flops;
    private final double bytes;

    Step(String label, ToDoubleFunction<sae4j_times> seconds, double flops, double bytes) {
      this.label = label;
      this.seconds = seconds;
      this.flops = flops;
      this.bytes = bytes;
    }

    private static int d() {
      return Gpt2Small.SHAPE.embedding();
    }

    private static double matrix() {
      return (double) d() * Gpt2Small.LATENTS;
    }

    private static int tailBlocks() {
      return Gpt2Small.SHAPE.layers() - Gpt2Small.LAYER - 1;
    }
  }

  private Steps() {}

  static String header() {
    return String.format(FORMAT, "", "step", "seconds", "GFLOP", "GFLOP/s", "of peak", "GB/s");
  }

  /**
   * Evaluates some times and tells of the median round of each step.
   *
   * @param peak the GFLOP/s of OpenBLAS
   */
  static List<String> table(String precision, BareEngine engine, int rounds, double peak) {
    Map<Step, double[]> seconds = new EnumMap<>(Step.class);
    double[] all = new double[rounds];
    for (Step step : Step.values()) {
      seconds.put(step, new double[rounds]);
    }
    for (int round = -1; round < rounds; round++) {
      try (sae4j_times before = engine.times()) {
        long start = System.nanoTime();
        evaluate(engine);
        double elapsed = (System.nanoTime() - start) / 1e9;
        try (sae4j_times after = engine.times()) {
          if (round >= 0) {
            all[round] = elapsed;
            int r = round;
            seconds.forEach(
                (step, s) ->
                    s[r] = step.seconds.applyAsDouble(after) - step.seconds.applyAsDouble(before));
          }
        }
      }
    }
    List<String> lines = new ArrayList<>();
    seconds.forEach((step, s) -> lines.add(line(precision, step, Timing.median(s), peak)));
    lines.add(String.format(Locale.ROOT, "%-8s %-8s %9.3f", precision, "all", Timing.median(all)));
    return lines;
  }

  private static String line(String precision, Step step, double seconds, double peak) {
    double gflops = step.flops / seconds / 1e9;
    return String.format(
        FORMAT,
        precision,
        step.label,
        number("%.3f", seconds),
        number("%.1f", step.flops / 1e9),
        number("%.0f", gflops),
        number("%.0f%%", 100 * gflops / peak),
        number("%.1f", step.bytes / seconds / 1e9));
  }

  private static String number(String format, double value) {
    return value == 0 ? "" : String.format(Locale.ROOT, format, value);
  }

  /** Clean run, SAE run, KL and CE of one batch; as {@code Evaluation} without the baselines. */
  private static void evaluate(BareEngine engine) {
    Sequences sequences = Gpt2Small.sequences(Gpt2Small.SEQUENCES, Gpt2Small.LENGTH);
    int[] tokens = new int[Gpt2Small.TOKENS];
    int[] lengths = new int[Gpt2Small.SEQUENCES];
    for (int s = 0; s < lengths.length; s++) {
      lengths[s] = sequences.length(s);
      System.arraycopy(sequences.sequence(s), 0, tokens, sequences.offset(s), lengths[s]);
    }
    int n = tokens.length;
    try (PointerScope scope = new PointerScope()) {
      sae4j_batch batch =
          BareEngine.zeroed(new sae4j_batch())
              .tokens(new IntPointer(tokens))
              .lengths(new IntPointer(lengths))
              .n_sequences(lengths.length);
      sae4j_effect effect =
          BareEngine.zeroed(new sae4j_effect())
              .kl(new DoublePointer(n))
              .ce(new DoublePointer(n))
              .top1(new BytePointer(n));
      sae4j_reconstruction reconstruction =
          BareEngine.zeroed(new sae4j_reconstruction())
              .squared_error(new DoublePointer(n))
              .x_hat_squared(new DoublePointer(n))
              .x_dot_x_hat(new DoublePointer(n))
              .l1(new DoublePointer(n))
              .l0(new IntPointer(n))
              .fires(BareEngine.zeroed(new LongPointer(Gpt2Small.LATENTS)));
      sae4j_splice splice =
          BareEngine.zeroed(new sae4j_splice())
              .sae(engine.sae(Gpt2Small.K))
              .in(BareEngine.hook())
              .effect(effect)
              .reconstruction(reconstruction);
      sae4j_evaluation evaluation =
          BareEngine.zeroed(new sae4j_evaluation())
              .places(BareEngine.zeroed(new sae4j_place()).point(BareEngine.hook()))
              .n_places(1)
              .splices(splice)
              .n_splices(1)
              .ce_clean(new DoublePointer(n));
      BareEngine.check(sae4j_evaluate(engine.session(), engine.model(), batch, evaluation));
    }
  }
}
