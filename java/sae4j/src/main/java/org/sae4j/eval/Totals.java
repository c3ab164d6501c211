package org.sae4j.eval;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;
import org.sae4j.BatchEvaluation;
import org.sae4j.Model;
import org.sae4j.Splice;
import org.sae4j.arch.HookPoint;
import org.sae4j.pass.Archive;
import org.sae4j.pass.PassState;
import org.sae4j.stats.BootstrapSums;
import org.sae4j.stats.Interval;
import org.sae4j.stats.PercentileInterval;
import org.sae4j.stats.Replicates;
import org.sae4j.tokens.Sequences;

/**
 * All that an evaluation keeps of the sequences it has run, in memory that does not grow with them;
 * a checkpoint holds it.
 *
 * <p>Totals of parts of a corpus {@linkplain #merge merge} to those of the whole, bit for bit,
 * however the corpus is divided into parts and in whatever order they are merged, as long as each
 * block of {@value #BLOCK} sequences, counted by their index in the corpus, is of one part: within
 * a block doubles are summed up in order, and blocks exactly. Closing a block costs 16 ms at width
 * 768, some 0.2 % of its evaluation by GPT-2 small, and the sums take three to four times the
 * memory of doubles.
 */
public final class Totals implements PassState {
  /** How many sequences of the corpus are summed up in order. */
  static final int BLOCK = 64;

  private final EvaluationOptions options;
  private final ActivationMeans means;
  private final Map<HookPoint, BootstrapSums> x = new LinkedHashMap<>(); // Σ x at each place
  private final List<OfSplice> splices = new ArrayList<>();
  private long[] occurrences; // [vocabulary] of each token in the sequences run
  private long block; // the index of the open one
  private long sequences;
  private long counting;
  private long tokens;
  private long nanos;

  /** What one SAE does, summed up over counted tokens. */
  private static final class OfSplice {
    private final Splice splice;
    private final BootstrapSums sums;
    private final Breakdown byPosition = new Breakdown(0);
    private final Breakdown byTarget; // [vocabulary], of tokens with a next one only
    private long[] fires; // [latents]

    OfSplice(Splice splice, int vocabulary, int replicates) {
      this.splice = splice;
      sums = new BootstrapSums(replicates, Metric.Sum.COUNT);
      byTarget = new Breakdown(vocabulary);
      fires = new long[splice.sae().config().dSae()];
    }

    void add(BatchEvaluation batch, int index, CountedTokens counted, int sequence) {
      BatchEvaluation.Spliced spliced = batch.splices().get(index);
      int[] ids = batch.sequences().ids();
      int from = batch.sequences().offset(sequence);
      int length = batch.sequences().length(sequence);
      byPosition.grow(length);
      for (int p = 0, t = from; p < length; p++, t++) {
        double kl = spliced.effect().kl()[t];
        if (counted.compared()[t]) {
          byPosition.addKl(p, kl);
        }
        if (counted.targeted()[t]) {
          double deltaCe = spliced.effect().ce()[t] - batch.ceClean()[t];
          byPosition.addDeltaCe(p, deltaCe);
          byTarget.addDeltaCe(ids[t + 1], deltaCe);
          byTarget.addKl(ids[t + 1], kl);
        }
      }
    }

    void close() {
      sums.close();
      byPosition.close();
      byTarget.close();
    }

    void merge(OfSplice other) {
      sums.merge(other.sums);
      byPosition.merge(other.byPosition);
      byTarget.merge(other.byTarget);
      Totals.add(other.fires, fires);
    }

    void visit(Archive archive) {
      sums.sums().visit(archive::doubles, archive::signed);
      byPosition.visit(archive);
      byTarget.visit(archive);
      fires = archive.longs(fires);
    }
  }

  /**
   * Begins with nothing.
   *
   * @param places what the splices replace, each once
   */
  public Totals(
      List<HookPoint> places, List<Splice> spliced, Model model, EvaluationOptions options) {
    this.options = options;
    int replicates = options.resampling().replicates();
    for (HookPoint place : places) {
      x.put(place, new BootstrapSums(replicates, model.width(place)));
    }
    for (Splice splice : spliced) {
      splices.add(new OfSplice(splice, model.shape().vocabulary(), replicates));
    }
    means = new ActivationMeans(places, options.counted(), MeanBaseline.MEASURED_TOKENS, model);
    occurrences = new long[model.shape().vocabulary()];
  }

  /**
   * Adds a batch.
   *
   * @param first the index of its first sequence in the corpus, above those of all before
   * @param sums [sequence][splice] of the same batch
   */
  void add(long first, BatchEvaluation batch, CountedTokens counted, Metric.Sums[][] sums) {
    Sequences run = batch.sequences();
    for (int s = 0; s < run.count(); s++) {
      begin((first + s) / BLOCK);
      byte[] draws = options.resampling().draws(first + s);
      for (Map.Entry<HookPoint, BootstrapSums> place : x.entrySet()) {
        place.getValue().add(draws, batch.places().get(place.getKey()).xSum()[s]);
      }
      for (int i = 0; i < splices.size(); i++) {
        splices.get(i).sums.add(draws, sums[s][i].values());
        splices.get(i).add(batch, i, counted, s);
      }
      counting += counted.any(run, s) ? 1 : 0;
    }
    for (int i = 0; i < splices.size(); i++) {
      add(batch.splices().get(i).fires(), splices.get(i).fires);
    }
    for (int id : run.ids()) {
      occurrences[id]++;
    }
    sequences += run.count();
    tokens += run.tokens();
  }

  /** Goes on in a block, the one at hand or a later one. */
  private void begin(long index) {
    if (index != block) {
      close();
      block = index;
    }
  }

  /** Ends the block at hand, as the end of the corpus does. */
  void close() {
    x.values().forEach(BootstrapSums::close);
    splices.forEach(OfSplice::close);
  }

  /**
   * Adds the totals of another part of the corpus, with the same SAEs, options and means; the
   * blocks of both must be closed.
   */
  void merge(Totals other) {
    other.x.forEach((place, sums) -> x.get(place).merge(sums));
    for (int i = 0; i < splices.size(); i++) {
      splices.get(i).merge(other.splices.get(i));
    }
    add(other.occurrences, occurrences);
    sequences += other.sequences;
    counting += other.counting;
    tokens += other.tokens;
    nanos += other.nanos;
  }

  static void add(long[] counts, long[] sums) {
    for (int i = 0; i < counts.length; i++) {
      sums[i] += counts[i];
    }
  }

  /** The results of each SAE, in their order. */
  List<EvaluationResult> results(boolean stoppedEarly) {
    return splices.stream().map(splice -> result(splice, stoppedEarly)).toList();
  }

  private EvaluationResult result(OfSplice of, boolean stoppedEarly) {
    BootstrapSums place = x.get(of.splice.out());
    long counted = (long) of.sums.all(Metric.Sum.TOKENS.ordinal());
    FeatureDensity density = new FeatureDensity(of.fires, counted);
    Metric.Sums all = new Metric.Sums(of.sums.all(), place.all(), Optional.of(density));
    double seconds = nanos / 1e9;
    Breakdown byPosition = of.byPosition;
    return new EvaluationResult(
        of.splice.out(),
        options,
        Metric.values(Metric.ALL, all, options),
        replicates(of, place),
        density,
        byPosition(byPosition.size(), p -> byPosition.kl(p) / byPosition.compared(p)),
        byPosition(byPosition.size(), p -> byPosition.deltaCe(p) / byPosition.targeted(p)),
        FrequencyBand.of(of.byTarget, occurrences, tokens),
        counted,
        sequences,
        tokens,
        stoppedEarly,
        seconds,
        tokens / seconds,
        undefined(all));
  }

  private Map<String, String> undefined(Metric.Sums sums) {
    Map<String, String> reasons = new LinkedHashMap<>();
    Metric.ALL.forEach(
        metric -> metric.undefined(sums, options).ifPresent(why -> reasons.put(metric.key(), why)));
    return reasons;
  }

  private static List<Double> byPosition(int size, IntToDoubleFunction mean) {
    return IntStream.range(0, size).mapToDouble(mean::applyAsDouble).boxed().toList();
  }

  private Replicates replicates(OfSplice of, BootstrapSums place) {
    int count = options.resampling().replicates();
    Map<String, double[]> values = new LinkedHashMap<>();
    Metric.ALL.forEach(metric -> values.put(metric.key(), new double[count]));
    for (int r = 0; r < count; r++) {
      Metric.Sums sums = new Metric.Sums(of.sums.of(r), place.of(r), Optional.empty());
      for (Metric metric : Metric.ALL) {
        values.get(metric.key())[r] = metric.of(sums, options);
      }
    }
    return new Replicates(options.resampling(), counting, values);
  }

  /** Tells whether the 95 % interval of every SAE's KL is narrower than this. */
  boolean isSure(double width) {
    return splices.stream()
        .allMatch(of -> klInterval(of.sums).filter(ci -> ci.width() < width).isPresent());
  }

  private Optional<Interval> klInterval(BootstrapSums sums) {
    double[] means = new double[options.resampling().replicates()];
    Arrays.setAll(
        means,
        r -> sums.of(r, Metric.Sum.KL.ordinal()) / sums.of(r, Metric.Sum.COMPARED.ordinal()));
    return PercentileInterval.ci95(means, counting);
  }

  ActivationMeans means() {
    return means;
  }

  /** The sequences run. */
  long sequences() {
    return sequences;
  }

  /** Those of them that have a counted token. */
  long counting() {
    return counting;
  }

  /** The tokens run. */
  long tokens() {
    return tokens;
  }

  @Override
  public long done() {
    return means.tokensRun() + tokens;
  }

  @Override
  public void addTime(long moreNanos) {
    nanos += moreNanos;
  }

  @Override
  public void visit(Archive archive) {
    means.visit(archive);
    x.values().forEach(sums -> sums.sums().visit(archive::doubles, archive::signed));
    splices.forEach(splice -> splice.visit(archive));
    occurrences = archive.longs(occurrences);
    block = archive.number(block);
    sequences = archive.number(sequences);
    counting = archive.number(counting);
    tokens = archive.number(tokens);
    nanos = archive.number(nanos);
  }
}
