package org.sae4j.cli;

import java.io.IOException;
import java.nio.FloatBuffer;
import org.sae4j.ActivationView;
import org.sae4j.HookPoint;
import org.sae4j.Positions;
import org.sae4j.RunOptions;
import org.sae4j.Sequences;
import org.sae4j.Session;

/** The mean of an activation, found by a pass over the model's front. */
final class ActivationMean {
  private final Positions counted;
  private final double[] sum; // [width]
  private long tokens;

  private ActivationMean(Positions counted, int width) {
    this.counted = counted;
    this.sum = new double[width];
  }

  /** Measures the mean over the counted tokens, [width]. */
  static float[] measure(
      Session session, EqualSequences sequences, HookPoint point, Positions counted)
      throws IOException {
    int width = point.width(session.model().shape());
    ActivationMean mean = new ActivationMean(counted, width);
    RunOptions options = RunOptions.defaults().capture(point).withoutLogits();
    new BatchedRuns(session, sequences.corpus(), sequences.tokens(), options, width)
        .forEach("mean", result -> mean.add(result.activation(point)));
    return mean.value();
  }

  private void add(ActivationView activation) {
    Sequences sequences = activation.sequences();
    for (int s = 0; s < sequences.count(); s++) {
      for (int p = 0; p < sequences.length(s); p++) {
        if (counted.includes(p, sequences.length(s), sequences.token(s, p))) {
          add(activation.row(s, p));
        }
      }
    }
  }

  private void add(FloatBuffer row) {
    for (int i = 0; i < sum.length; i++) {
      sum[i] += row.get(i);
    }
    tokens++;
  }

  private float[] value() {
    if (tokens == 0) {
      throw new IllegalArgumentException("\"" + counted + "\" leaves no token for the mean");
    }
    float[] mean = new float[sum.length];
    for (int i = 0; i < mean.length; i++) {
      mean[i] = (float) (sum[i] / tokens);
    }
    return mean;
  }
}
