package org.sae4j;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/** Tries one SAE on a few tokens: as it is and, if that is bad, in other ways. */
final class SaeTrials {
  private static final double GOOD = SaeSelfTest.GOOD;
  private static final double BAD = SaeSelfTest.BAD;
  private static final double ALMOST_ALL = 0.9;
  private static final double A_TIE = 0.01;

  private final Session session;
  private final Sae sae;
  private final HookPoint hook;
  private final Sequences sequences;
  private final Positions counted;
  private final List<SaeSuspect> suspects = new ArrayList<>();
  private ToDoubleFunction<SaeFit> measure = SaeFit::withoutFirst;

  SaeTrials(Session session, Sae sae, HookPoint hook, Sequences sequences, Positions counted) {
    this.session = session;
    this.sae = sae;
    this.hook = hook;
    this.sequences = sequences;
    this.counted = counted;
  }

  /**
   * Tries it.
   *
   * @param x [tokens, width] the activations at its hook
   */
  SaeSelfTest test(float[] x) {
    SaeFit fit = fit(sae, sequences, x);
    boolean odd = fit.l0() < 1 || fit.l0() > ALMOST_ALL * sae.config().dSae();
    // Where nothing varies, the NaN is neither good nor bad.
    boolean good = !odd && !(fit.worst() < GOOD);
    Optional<SaeSuspect> suspect = good ? Optional.empty() : suspect(x, fit);
    boolean bad = odd || fit.worst() < BAD;
    return SaeSelfTest.of(sequences, hook, fit, suspect, bad);
  }

  private SaeFit fit(Sae sae, Sequences sequences, float[] x) {
    return SaeFit.of(session, sae, sequences, counted, x, TokenScaling.none(sequences.tokens()));
  }

  private Optional<SaeSuspect> suspect(float[] x, SaeFit fit) {
    boolean firstIsOdd = fit.withoutFirst() >= muchBetter(fit.explainedVariance());
    if (fit.withoutFirst() >= BAD && firstIsOdd) {
      measure = SaeFit::explainedVariance;
      suspects.add(new SaeSuspect(SaeSuspect.Kind.FIRST_POSITION, "without", fit.withoutFirst()));
      tryBos();
      return likeliest(fit);
    }
    if (Double.isNaN(fit.withoutFirst())) {
      measure = SaeFit::explainedVariance;
    }
    tryBos();
    tryNormalizations(x);
    tryLayers();
    tryCentring(x);
    return likeliest(fit);
  }

  /** Of what explains much more, the best, or an earlier one as good. */
  private Optional<SaeSuspect> likeliest(SaeFit fit) {
    double least = Math.max(BAD, muchBetter(measure.applyAsDouble(fit)));
    double best = suspects.stream().mapToDouble(SaeSuspect::explainedVariance).max().orElse(0);
    return suspects.stream()
        .filter(suspect -> suspect.explainedVariance() >= Math.max(least, best - A_TIE))
        .min(Comparator.comparing(SaeSuspect::kind));
  }

  /** The explained variance at which a third of what is unexplained is explained. */
  private static double muchBetter(double explainedVariance) {
    return explainedVariance + (1 - explainedVariance) / 3;
  }

  private void attempt(SaeSuspect.Kind kind, String setting, Supplier<SaeFit> trial) {
    try {
      double explained = measure.applyAsDouble(trial.get());
      if (!Double.isNaN(explained)) {
        suspects.add(new SaeSuspect(kind, setting, explained));
      }
    } catch (NotFiniteException e) {
      // then that is not what was meant
    }
  }

  private float[] activation(Sequences sequences, HookPoint point) {
    RunOptions capture = RunOptions.defaults().capture(point).withoutLogits();
    return session.run(sequences, capture).activation(point).toArray();
  }

  private void tryBos() {
    if (!session.model().hasTokenizer() || session.model().tokenizer().bos().isEmpty()) {
      return;
    }
    int bos = session.model().tokenizer().bos().getAsInt();
    boolean there =
        IntStream.range(0, sequences.count()).allMatch(s -> sequences.token(s, 0) == bos);
    List<int[]> changed = new ArrayList<>();
    for (int s = 0; s < sequences.count(); s++) {
      changed.add(there ? withoutFirst(sequences.sequence(s)) : with(bos, sequences.sequence(s)));
    }
    changed.removeIf(sequence -> sequence.length == 0);
    if (!changed.isEmpty()) {
      Sequences other = Sequences.of(changed.toArray(int[][]::new));
      attempt(
          SaeSuspect.Kind.BOS,
          there ? "without" : "with",
          () -> fit(sae, other, activation(other, hook)));
    }
  }

  private static int[] withoutFirst(int[] sequence) {
    return Arrays.copyOfRange(sequence, 1, sequence.length);
  }

  private int[] with(int bos, int[] sequence) {
    int length = Math.min(sequence.length + 1, session.model().shape().context());
    int[] longer = new int[length];
    longer[0] = bos;
    System.arraycopy(sequence, 0, longer, 1, length - 1);
    return longer;
  }

  /** Tries all normalisations on the SAE without its own, for which it is loaded again. */
  private void tryNormalizations(float[] x) {
    Normalization own = sae.config().normalization();
    if (own == Normalization.NONE) {
      tryNormalizations(sae, x);
      return;
    }
    SaeOverrides without =
        new SaeOverrides(Optional.of(Normalization.NONE), OptionalDouble.empty());
    try (Sae plain = Sae.open(sae.path(), without)) {
      tryNormalizations(plain, x);
    } catch (IOException | OutOfMemoryError e) {
      // The other trials need neither the file nor memory for a second SAE.
    }
  }

  private void tryNormalizations(Sae plain, float[] x) {
    for (Normalization normalization : Normalization.values()) {
      boolean measured = normalization == Normalization.EXPECTED_AVERAGE_ONLY_IN;
      if (normalization != sae.config().normalization() || measured) {
        TokenScaling scaling = TokenScaling.of(normalization, x, sequences.tokens());
        attempt(
            SaeSuspect.Kind.NORMALIZATION,
            normalization.key() + (measured ? " by " + (float) (1 / scaling.scale()[0]) : ""),
            () -> SaeFit.of(session, plain, sequences, counted, x, scaling));
      }
    }
  }

  private void tryLayers() {
    if (!hook.site().isLayered()) {
      return;
    }
    HookPoint[] points =
        IntStream.range(0, session.model().shape().layers())
            .filter(layer -> layer != hook.layer())
            .mapToObj(layer -> new HookPoint(hook.site(), layer))
            .toArray(HookPoint[]::new);
    if (points.length == 0) {
      return;
    }
    RunResult run = session.run(sequences, RunOptions.defaults().capture(points).withoutLogits());
    for (HookPoint point : points) {
      attempt(
          SaeSuspect.Kind.HOOK,
          point.name(),
          () -> fit(sae, sequences, run.activation(point).toArray()));
    }
  }

  private void tryCentring(float[] x) {
    TokenScaling centring = TokenScaling.centring(x, sequences.tokens());
    attempt(
        SaeSuspect.Kind.CENTRING,
        "without",
        () -> SaeFit.of(session, sae, sequences, counted, x, centring));
  }
}
