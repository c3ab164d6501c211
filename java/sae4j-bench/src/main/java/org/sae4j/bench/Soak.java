package org.sae4j.bench;

import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Locale;
import org.sae4j.Model;
import org.sae4j.ModelOptions;
import org.sae4j.Precision;
import org.sae4j.Sae;
import org.sae4j.Session;
import org.sae4j.SessionOptions;
import org.sae4j.ablation.Ablation;
import org.sae4j.ablation.AblationOptions;
import org.sae4j.ablation.TokenSample;
import org.sae4j.arch.ModelShape;
import org.sae4j.eval.Evaluation;
import org.sae4j.eval.EvaluationOptions;
import org.sae4j.eval.MeanBaseline;
import org.sae4j.tokens.Sequences;

/**
 * Looks for memory that is not given back, and for memory that grows with the work. Ends with 1 if
 * there is any. Linux only: it reads {@code /proc}.
 *
 * <p>Arguments: {@code --cycles N} small handles to open and close, {@code --evaluations N} of the
 * test model, {@code --tokens N} the largest evaluation of GPT-2 small's shape, {@code --indices N}
 * the most token indices of an ablation there, {@code --threads N}, {@code --test-data FOLDER}. 0
 * leaves a part out.
 */
public final class Soak {
  private static final long MIB = 1 << 20;
  private static final long GROWTH_ALLOWED = 32 * MIB;
  private static final long BESIDE_WEIGHTS_ALLOWED = 700 * MIB;

  private static final ModelShape TINY = new ModelShape(1, 2, 8, 16, 8, 32, true, 1e-5f);

  private static boolean failed;

  private Soak() {}

  private interface Round {
    void run() throws Exception;
  }

  /** Runs all parts. */
  public static void main(String[] args) throws Exception {
    Arguments arguments =
        Arguments.parse(
            args, "--cycles", "--evaluations", "--tokens", "--indices", "--threads", "--test-data");
    Path testData = Path.of(arguments.text("--test-data").orElse("test-data"));
    int threads = arguments.number("--threads", 2);
    Environment.print();
    handles(arguments.number("--cycles", 1_000_000));
    evaluations(arguments.number("--evaluations", 10_000), testData, threads);
    memory(arguments.number("--tokens", 100_000), threads);
    ablation(arguments.number("--indices", 64), threads);
    System.exit(failed ? 1 : 0);
  }

  /** A model, a session and an SAE, each tiny, opened, used and closed. */
  private static void handles(int cycles) throws Exception {
    Sequences tokens = Sequences.of(new int[] {1, 2, 3});
    float[] x = Gpt2Small.normal(1, TINY.embedding(), 1);
    try (SaeFolder folder = SaeFolder.write(TINY.embedding(), 16, 4)) {
      soak(
          "load/close cycles of a tiny model, session and SAE",
          cycles,
          () -> {
            try (Model model = Model.random(TINY, 7, ModelOptions.defaults());
                Session session = model.newSession(new SessionOptions(1));
                Sae sae = Sae.open(folder.path())) {
              session.run(tokens);
              session.encode(sae, FloatBuffer.wrap(x));
            }
          });
    }
  }

  private static void evaluations(int count, Path testData, int threads) throws Exception {
    try (Model model = Model.open(testData.resolve("model-f32.gguf"));
        Sae sae = Sae.open(testData.resolve("saes/openai/resid_post_mlp_layer3_k16.pt"))) {
      Sequences tokens = Sequences.fromJson(testData.resolve("tokens/eval.json")).first(64);
      Evaluation evaluation =
          Evaluation.of(model, sae).with(EvaluationOptions.defaults().withThreads(threads));
      soak("evaluations of the test model", count, () -> evaluation.run(tokens));
    }
  }

  /** Repeats a round; after the first tenth the process must not grow. */
  private static void soak(String what, int rounds, Round round) throws Exception {
    if (rounds == 0) {
      return;
    }
    System.out.printf("%n%,d %s%n", rounds, what);
    long settled = 0;
    for (int tenth = 1; tenth <= 10; tenth++) {
      for (long i = (long) rounds * (tenth - 1) / 10; i < (long) rounds * tenth / 10; i++) {
        round.run();
      }
      System.gc();
      long rss = ProcessMemory.resident();
      settled = tenth == 1 ? rss : settled;
      System.out.printf(
          Locale.ROOT, "  %,11d  RSS %5d MiB%n", (long) rounds * tenth / 10, rss / MIB);
    }
    require("growth", ProcessMemory.resident() - settled, GROWTH_ALLOWED);
  }

  /** What an evaluation takes beside the weights, whatever the number of tokens. */
  private static void memory(int most, int threads) throws Exception {
    if (most == 0) {
      return;
    }
    System.out.printf("%nevaluation, GPT-2 small's shape, F32, TopK 32768%n");
    try (SaeFolder folder = SaeFolder.gpt2Small();
        Sae sae = Sae.open(folder.path());
        Model model = Gpt2Small.model(Precision.F32)) {
      long weights = model.weightBytes() + sae.weightBytes();
      Evaluation evaluation =
          Evaluation.of(model, sae)
              .with(
                  EvaluationOptions.defaults()
                      .withZeroBaseline(false)
                      .withMeanBaseline(MeanBaseline.none())
                      .withThreads(threads));
      long first = 0;
      for (int tokens = Math.min(1000, most); tokens <= most; tokens *= 10) {
        long peak = peak(evaluation, tokens);
        first = first == 0 ? peak : first;
        System.out.printf(
            Locale.ROOT,
            "  %,9d tokens  peak RSS %5d MiB, weights %5d MiB%n",
            tokens,
            peak / MIB,
            weights / MIB);
        require("beside the weights", peak - weights, BESIDE_WEIGHTS_ALLOWED);
        require("growth", peak - first, GROWTH_ALLOWED);
      }
    }
  }

  private static long peak(Evaluation evaluation, int tokens) throws Exception {
    int whole = (tokens + Gpt2Small.LENGTH - 1) / Gpt2Small.LENGTH;
    Sequences sequences = Gpt2Small.sequences(whole, Gpt2Small.LENGTH).first(tokens);
    return peak(() -> evaluation.run(sequences));
  }

  private static long peak(Round round) throws Exception {
    System.gc();
    ProcessMemory.resetPeak();
    round.run();
    return ProcessMemory.peak();
  }

  /** What an ablation takes, whatever the latents, the positions and the token indices. */
  private static void ablation(int most, int threads) throws Exception {
    if (most == 0) {
      return;
    }
    System.out.printf("%nablation, GPT-2 small's shape, F32, context 128%n");
    Sequences sequences = Gpt2Small.sequences(Gpt2Small.SEQUENCES, Gpt2Small.LENGTH);
    try (Model model = Gpt2Small.model(Precision.F32)) {
      long first = 0;
      for (int[] each : new int[][] {{32, 16, 4}, {256, 16, 4}, {32, 64, 4}, {32, 16, most}}) {
        try (SaeFolder folder =
                SaeFolder.write(Gpt2Small.SHAPE.embedding(), Gpt2Small.LATENTS, each[0]);
            Sae sae = Sae.open(folder.path())) {
          AblationOptions options =
              AblationOptions.defaults()
                  .withFuture(each[1])
                  .withSample(new TokenSample(each[2], 0))
                  .withThreads(threads);
          Ablation ablation = Ablation.of(model, sae).with(options);
          long peak = peak(() -> ablation.run(sequences));
          System.out.printf(
              Locale.ROOT,
              "  k = %3d, T = %2d, %3d token indices  peak RSS %5d MiB%n",
              each[0],
              each[1],
              each[2],
              peak / MIB);
          long base = 2L * each[1] * Gpt2Small.SHAPE.vocabulary() * Float.BYTES;
          first = first == 0 ? peak - base : first;
          require("growth, but for the base's T rows", peak - base - first, GROWTH_ALLOWED);
        }
      }
    }
  }

  private static void require(String what, long bytes, long allowed) {
    boolean good = bytes <= allowed;
    failed |= !good;
    System.out.printf(
        Locale.ROOT,
        "  %s: %s %d MiB, allowed %d MiB%n",
        good ? "ok" : "FAILED",
        what,
        bytes / MIB,
        allowed / MIB);
  }
}
