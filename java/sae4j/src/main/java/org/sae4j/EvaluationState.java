package org.sae4j;

import java.util.ArrayList;
import java.util.List;

/** All that an evaluation keeps of the sequences it has run; a checkpoint holds it. */
final class EvaluationState implements PassState {
  private final MeanActivations means;
  private final List<PlaceSums> places = new ArrayList<>();
  private final List<SpliceSums> splices = new ArrayList<>();
  private long[] occurrences; // [vocabulary] of each token in the sequences run
  private long sequences;
  private long counting;
  private long tokens;
  private long nanos;

  /**
   * Begins with nothing.
   *
   * @param replaced what the splices replace, each once
   */
  EvaluationState(
      List<Splice> spliced, List<HookPoint> replaced, ModelShape shape, int replicates) {
    means = new MeanActivations(replaced, shape);
    for (HookPoint point : replaced) {
      places.add(new PlaceSums(point.width(shape), replicates));
    }
    for (Splice splice : spliced) {
      PlaceSums place = places.get(replaced.indexOf(splice.out()));
      int latents = splice.sae().config().dSae();
      splices.add(new SpliceSums(place, latents, shape.vocabulary(), replicates));
    }
    occurrences = new long[shape.vocabulary()];
  }

  /**
   * Notes that the sequences of a batch have been run, and how many of them have a counted token.
   */
  void add(Sequences batch, int withCounted) {
    sequences += batch.count();
    counting += withCounted;
    tokens += batch.tokens();
    for (int id : batch.ids()) {
      occurrences[id]++;
    }
  }

  @Override
  public long done() {
    return means.tokensRun() + tokens;
  }

  @Override
  public void addTime(long moreNanos) {
    nanos += moreNanos;
  }

  MeanActivations means() {
    return means;
  }

  PlaceSums place(int index) {
    return places.get(index);
  }

  SpliceSums splice(int index) {
    return splices.get(index);
  }

  List<SpliceSums> splices() {
    return splices;
  }

  long[] occurrences() {
    return occurrences;
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

  double seconds() {
    return nanos / 1e9;
  }

  @Override
  public void visit(Archive archive) {
    means.visit(archive);
    places.forEach(place -> place.visit(archive));
    splices.forEach(splice -> splice.visit(archive));
    occurrences = archive.longs(occurrences);
    sequences = archive.number(sequences);
    counting = archive.number(counting);
    tokens = archive.number(tokens);
    nanos = archive.number(nanos);
  }
}
