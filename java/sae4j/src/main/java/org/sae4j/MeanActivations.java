package org.sae4j;

import static org.sae4j.engine.global.sae4j.sae4j_evaluate;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.DoublePointer;
import org.sae4j.engine.sae4j_evaluation;
import org.sae4j.engine.sae4j_model;
import org.sae4j.engine.sae4j_place;
import org.sae4j.engine.sae4j_session;

/** Mean activations over the counted tokens, by one pass up to the last of the activations. */
final class MeanActivations {
  private final List<HookPoint> points;
  private final List<double[]> sums = new ArrayList<>();
  private long sequences;
  private long tokensRun;
  private long tokens;

  MeanActivations(List<HookPoint> points, ModelShape shape) {
    this.points = points;
    points.forEach(point -> sums.add(new double[point.width(shape)]));
  }

  /** Adds the counted tokens of a batch. */
  void add(Sequences batch, boolean[] counted, sae4j_session session, sae4j_model model) {
    try (CallMemory memory = new CallMemory()) {
      sae4j_place places = memory.struct(new sae4j_place(points.size()));
      List<DoublePointer> added = new ArrayList<>();
      for (int i = 0; i < points.size(); i++) {
        added.add(memory.doubles((long) batch.count() * sums.get(i).length));
        places.position(i).point(EngineStructs.point(points.get(i), memory)).x_sum(added.get(i));
      }
      sae4j_evaluation evaluation =
          memory
              .struct(new sae4j_evaluation())
              .places(places.position(0))
              .n_places(points.size())
              .counted(memory.flags(counted));
      Engine.check(sae4j_evaluate(session, model, EngineStructs.batch(batch, memory), evaluation));
      for (int i = 0; i < points.size(); i++) {
        add(added.get(i), sums.get(i));
      }
    }
    sequences += batch.count();
    tokensRun += batch.tokens();
    for (boolean token : counted) {
      tokens += token ? 1 : 0;
    }
  }

  /** Adds what was added for each sequence, [sequences, width]. */
  private static void add(DoublePointer added, double[] sum) {
    for (long i = 0; i < added.capacity(); i++) {
      sum[(int) (i % sum.length)] += added.get(i);
    }
  }

  /** The sequences added. */
  long sequences() {
    return sequences;
  }

  /** The tokens of these sequences. */
  long tokensRun() {
    return tokensRun;
  }

  /** The counted ones of them. */
  long tokens() {
    return tokens;
  }

  /** The mean of each activation, in their order. */
  List<float[]> means() {
    List<float[]> means = new ArrayList<>();
    for (double[] sum : sums) {
      float[] mean = new float[sum.length];
      for (int i = 0; i < mean.length; i++) {
        mean[i] = (float) (sum[i] / tokens);
      }
      means.add(mean);
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
