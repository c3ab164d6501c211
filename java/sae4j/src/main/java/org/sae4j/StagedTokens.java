package org.sae4j;

import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.Optional;

/**
 * The chosen tokens of one sequence at one activation.
 *
 * <p>The model runs on the sequence once, when it is first needed: that may be never, if an earlier
 * run found all that is to be found.
 */
final class StagedTokens implements AutoCloseable {
  private final Session session;
  private final HookPoint point;
  private final AblationOptions options;
  private final Sequences sequences;
  private final int sequence;
  private final int[] positions;
  private Optional<Stage> stage = Optional.empty();

  StagedTokens(
      Session session,
      HookPoint point,
      AblationOptions options,
      Sequences sequences,
      int sequence,
      int[] positions) {
    this.session = session;
    this.point = point;
    this.options = options;
    this.sequences = sequences;
    this.sequence = sequence;
    this.positions = positions;
  }

  int sequence() {
    return sequence;
  }

  int[] positions() {
    return positions;
  }

  Stage stage() {
    if (stage.isEmpty()) {
      stage = Optional.of(session.stage(sequences.sequence(sequence), point));
    }
    return stage.get();
  }

  /** Readies the stage for one SAE and says what there is to ablate. */
  AblatedTokens of(Splice splice) {
    float[] clean = stage().activation();
    float[] read = splice.in().equals(point) ? clean : activation(splice.in());
    if (options.context() == AblationContext.RECONSTRUCTED) {
      stage().setContext(reconstructed(splice.sae(), read, clean));
    }
    return new AblatedTokens(
        session, splice.sae(), options, sequence, positions, rows(read), rows(clean));
  }

  /** What a transcoder reads, [tokens, width]. */
  private float[] activation(HookPoint in) {
    Sequences tokens = Sequences.of(sequences.sequence(sequence));
    RunOptions capture = RunOptions.defaults().capture(in).withoutLogits();
    return session.run(tokens, capture).activation(in).toArray();
  }

  /** The SAE's output in place of the activation where it is wanted, [tokens, width]. */
  private float[] reconstructed(Sae sae, float[] read, float[] clean) {
    float[] context = new float[clean.length];
    session.reconstruct(sae, FloatBuffer.wrap(read), FloatBuffer.wrap(context));
    int tokens = sequences.length(sequence);
    int width = clean.length / tokens;
    for (int p = 0; p < tokens; p++) {
      if (!options.reconstructed().includes(p, tokens, sequences.token(sequence, p))) {
        System.arraycopy(clean, p * width, context, p * width, width);
      }
    }
    return context;
  }

  private float[][] rows(float[] activation) {
    int width = activation.length / sequences.length(sequence);
    return Arrays.stream(positions)
        .mapToObj(p -> Arrays.copyOfRange(activation, p * width, (p + 1) * width))
        .toArray(float[][]::new);
  }

  @Override
  public void close() {
    stage.ifPresent(Stage::close);
  }
}
