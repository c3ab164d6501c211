package org.sae4j.check;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.sae4j.NotFiniteException;
import org.sae4j.RunOptions;
import org.sae4j.RunResult;
import org.sae4j.Sae;
import org.sae4j.Session;
import org.sae4j.Splice;
import org.sae4j.arch.HookPoint;
import org.sae4j.arch.Site;
import org.sae4j.format.Normalization;
import org.sae4j.tokens.Positions;
import org.sae4j.tokens.Sequences;

/** Tries one SAE on a few tokens: as it is and, if that is bad, in other ways. */
final class CauseSearch {
  private static final double GOOD = SaeSelfTest.GOOD;
  private static final double BAD = SaeSelfTest.BAD;
  private static final double ALMOST_ALL = 0.9;
  private static final double A_TIE = 0.01;

  private final Session session;
  private final Splice splice;
  private final Sae sae;
  private final Sequences sequences;
  private final Positions counted;
  private final List<Cause> causes = new ArrayList<>();
  private ToDoubleFunction<ReconstructionQuality> measure = ReconstructionQuality::withoutFirst;

  CauseSearch(Session session, Splice splice, Sequences sequences, Positions counted) {
    this.session = session;
    this.splice = splice;
    this.sae = splice.sae();
    this.sequences = sequences;
    this.counted = counted;
  }

  /** Runs the model and keeps what SAEs read and replace, [tokens, width] each. */
  static Map<HookPoint, float[]> activations(
      Session session, Sequences sequences, Collection<Splice> places) {
    HookPoint[] points =
        places.stream()
            .flatMap(place -> Stream.of(place.in(), place.out()))
            .distinct()
            .toArray(HookPoint[]::new);
    RunOptions capture = RunOptions.defaults().capture(points).withoutLogits();
    RunResult run = session.run(sequences, capture);
    Map<HookPoint, float[]> activations = new HashMap<>();
    for (HookPoint point : points) {
      activations.put(point, run.activation(point).toArray());
    }
    return activations;
  }

  /**
   * Tries it.
   *
   * @param activations what the SAE reads and replaces
   */
  SaeSelfTest test(Map<HookPoint, float[]> activations) {
    ReconstructionQuality fit = fit(activations, sequences, splice);
    boolean odd = fit.l0() < 1 || fit.l0() > ALMOST_ALL * sae.config().dSae();
    // Where nothing varies, the NaN is neither good nor bad.
    boolean good = !odd && !(fit.worst() < GOOD);
    Optional<Cause> cause = good ? Optional.empty() : cause(activations.get(splice.in()), fit);
    boolean bad = odd || fit.worst() < BAD;
    return SaeSelfTest.of(splice, sequences, fit, cause, bad);
  }

  private ReconstructionQuality fit(
      Map<HookPoint, float[]> activations, Sequences tokens, Splice at) {
    return ReconstructionQuality.of(
        session,
        sae,
        tokens,
        counted,
        activations.get(at.in()),
        activations.get(at.out()),
        TokenScaling.none(tokens.tokens()));
  }

  private Optional<Cause> cause(float[] x, ReconstructionQuality fit) {
    boolean firstIsOdd = fit.withoutFirst() >= muchBetter(fit.explainedVariance());
    if (fit.withoutFirst() >= BAD && firstIsOdd) {
      measure = ReconstructionQuality::explainedVariance;
      causes.add(new Cause(Cause.Kind.FIRST_POSITION, "without", fit.withoutFirst()));
      tryBos();
      return likeliest(fit);
    }
    if (Double.isNaN(fit.withoutFirst())) {
      measure = ReconstructionQuality::explainedVariance;
    }
    tryBos();
    tryOtherSideOfWeights();
    tryLayers();
    if (!sae.config().isTranscoder()) {
      tryNormalizations(x);
      tryCentring(x);
    }
    return likeliest(fit);
  }

  /** Of what explains much more, the best, or an earlier one as good. */
  private Optional<Cause> likeliest(ReconstructionQuality fit) {
    double least = Math.max(BAD, muchBetter(measure.applyAsDouble(fit)));
    double best = causes.stream().mapToDouble(Cause::explainedVariance).max().orElse(0);
    return causes.stream()
        .filter(cause -> cause.explainedVariance() >= Math.max(least, best - A_TIE))
        .min(Comparator.comparing(Cause::kind));
  }

  /** The explained variance at which a third of what is unexplained is explained. */
  private static double muchBetter(double explainedVariance) {
    return explainedVariance + (1 - explainedVariance) / 3;
  }

  private void attempt(Cause.Kind kind, String setting, Supplier<ReconstructionQuality> trial) {
    try {
      double explained = measure.applyAsDouble(trial.get());
      if (!Double.isNaN(explained)) {
        causes.add(new Cause(kind, setting, explained));
      }
    } catch (NotFiniteException e) {
      // then that is not what was meant
    }
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
          Cause.Kind.BOS,
          there ? "without" : "with",
          () -> fit(activations(session, other, List.of(splice)), other, splice));
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

  /**
   * Tries all normalisations on the SAE without its own, for which it is loaded again; one that was
   * made in memory cannot be.
   */
  private void tryNormalizations(float[] x) {
    Normalization own = sae.config().normalization();
    if (own == Normalization.NONE) {
      tryNormalizations(sae, x);
      return;
    }
    if (sae.file().isEmpty()) {
      return;
    }
    try (Sae plain = Sae.open(sae.file().get().withoutNormalization(), session.model())) {
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
            Cause.Kind.NORMALIZATION,
            normalization.key() + (measured ? " by " + (float) (1 / scaling.scale()[0]) : ""),
            () -> ReconstructionQuality.of(session, plain, sequences, counted, x, x, scaling));
      }
    }
  }

  /**
   * Tries layer norms before their weight and bias instead of after, or after instead of before.
   */
  private void tryOtherSideOfWeights() {
    HookPoint in = otherSideOfWeights(splice.in());
    HookPoint out = otherSideOfWeights(splice.out());
    Splice place = new Splice(sae, in, out);
    if (!place.equals(splice)) {
      Site changed = in.equals(splice.in()) ? out.site() : in.site();
      Map<HookPoint, float[]> activations = activations(session, sequences, List.of(place));
      attempt(
          Cause.Kind.LAYER_NORM,
          changed.hookNormalized().orElseThrow().key(),
          () -> fit(activations, sequences, place));
    }
  }

  private static HookPoint otherSideOfWeights(HookPoint point) {
    return new HookPoint(point.site().otherSideOfWeights(), point.layer());
  }

  private void tryLayers() {
    List<Splice> places = new ArrayList<>();
    for (int layer = 0; layer < session.model().shape().layers(); layer++) {
      moved(layer - splice.in().layer()).ifPresent(places::add);
    }
    if (places.isEmpty()) {
      return;
    }
    Map<HookPoint, float[]> activations = activations(session, sequences, places);
    for (Splice place : places) {
      attempt(Cause.Kind.HOOK, place.in().name(), () -> fit(activations, sequences, place));
    }
  }

  /** The same place some layers on, if there is one. */
  private Optional<Splice> moved(int layers) {
    HookPoint in = splice.in();
    HookPoint out = splice.out();
    int outLayer = out.layer() + layers;
    boolean exists =
        in.site().isLayered()
            && out.site().isLayered()
            && outLayer >= 0
            && outLayer < session.model().shape().layers();
    return layers != 0 && exists
        ? Optional.of(
            new Splice(
                sae,
                new HookPoint(in.site(), in.layer() + layers),
                new HookPoint(out.site(), outLayer)))
        : Optional.empty();
  }

  private void tryCentring(float[] x) {
    TokenScaling centring = TokenScaling.centring(x, sequences.tokens());
    attempt(
        Cause.Kind.CENTRING,
        "without",
        () -> ReconstructionQuality.of(session, sae, sequences, counted, x, x, centring));
  }
}
