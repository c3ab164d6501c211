package org.sae4j.eval;

import java.io.IOException;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.sae4j.Model;
import org.sae4j.RunOptions;
import org.sae4j.RunResult;
import org.sae4j.Session;
import org.sae4j.arch.HookPoint;
import org.sae4j.arch.ModelShape;
import org.sae4j.pass.Archive;
import org.sae4j.pass.CorpusPass;
import org.sae4j.pass.Progress;
import org.sae4j.tokens.Corpus;
import org.sae4j.tokens.Positions;
import org.sae4j.tokens.Sequences;

/**
 * Mean activations over the first counted tokens of a corpus, by runs that end at the last of the
 * activations.
 *
 * <p>They are summed up token by token, so that they do not depend on the batches.
 */
public final class ActivationMeans {
  private static final int BATCH_TOKENS = 1024;

  private final List<HookPoint> points;
  private final Positions counted;
  private final long most;
  private final List<double[]> sums = new ArrayList<>(); // [width] each
  private long sequences;
  private long tokensRun;
  private long tokens;

  /**
   * Prepares to measure.
   *
   * @param most how many counted tokens the means are over, if there are so many
   */
  ActivationMeans(List<HookPoint> points, Positions counted, long most, Model model) {
    this.points = points;
    this.counted = counted;
    this.most = most;
    points.forEach(point -> sums.add(new double[model.width(point)]));
  }

  /**
   * Measures one mean over all counted tokens, [width].
   *
   * @throws IllegalArgumentException if no token is counted
   */
  public static float[] measure(
      Session session, Corpus corpus, HookPoint point, Positions counted, Progress progress)
      throws IOException {
    ActivationMeans means =
        new ActivationMeans(List.of(point), counted, Long.MAX_VALUE, session.model());
    means.measure(
        session, corpus, BATCH_TOKENS, CorpusPass.of("tokens", corpus.knownTokens(), progress));
    return means.means().get(point);
  }

  /** Measures what is not measured yet, and tells whether that was less than all of the corpus. */
  boolean measure(Session session, Corpus corpus, int batchTokens, CorpusPass pass)
      throws IOException {
    ModelShape shape = session.model().shape();
    RunOptions capture =
        RunOptions.defaults().capture(points.toArray(HookPoint[]::new)).withoutLogits();
    return pass.run(
        corpus,
        sequences,
        batchTokens,
        shape,
        () -> tokens >= most,
        batch -> {
          add(session.run(batch, capture));
          pass.advance(batch.tokens());
        });
  }

  private void add(RunResult run) {
    Sequences batch = run.sequences();
    boolean[] selected = batch.select(counted);
    for (int t = 0; t < selected.length && tokens < most; t++) {
      if (selected[t]) {
        tokens++;
        for (int i = 0; i < sums.size(); i++) {
          add(run.activation(points.get(i)).floats(), t, sums.get(i));
        }
      }
    }
    sequences += batch.count();
    tokensRun += batch.tokens();
  }

  private static void add(FloatBuffer activation, int token, double[] sum) {
    for (int i = 0, at = token * sum.length; i < sum.length; i++, at++) {
      sum[i] += activation.get(at);
    }
  }

  /** The sequences run. */
  long sequences() {
    return sequences;
  }

  /** The tokens of these sequences. */
  long tokensRun() {
    return tokensRun;
  }

  /** The counted ones of them that the means are over. */
  long tokens() {
    return tokens;
  }

  /**
   * The mean of each activation, [width].
   *
   * @throws IllegalArgumentException if no token is counted
   */
  Map<HookPoint, float[]> means() {
    if (tokens == 0) {
      throw new IllegalArgumentException("\"" + counted + "\" leaves no token for the mean");
    }
    Map<HookPoint, float[]> means = new LinkedHashMap<>();
    for (int p = 0; p < points.size(); p++) {
      double[] sum = sums.get(p);
      float[] mean = new float[sum.length];
      for (int i = 0; i < mean.length; i++) {
        mean[i] = (float) (sum[i] / tokens);
      }
      means.put(points.get(p), mean);
    }
    return means;
  }

  /** Writes or reads the sums. */
  void visit(Archive archive) {
    sequences = archive.number(sequences);
    tokensRun = archive.number(tokensRun);
    tokens = archive.number(tokens);
    sums.replaceAll(archive::doubles);
  }
}
