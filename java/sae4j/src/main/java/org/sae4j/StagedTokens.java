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
  private final Sequences sequence; // one
  private final int index;
  private final int[] positions;
  private Optional<Patching> patching = Optional.empty();

  StagedTokens(
      Session session,
      HookPoint point,
      AblationOptions options,
      Sequences sequence,
      int index,
      int[] positions) {
    this.session = session;
    this.point = point;
    this.options = options;
    this.sequence = sequence;
    this.index = index;
    this.positions = positions;
  }

  /** The index of the sequence in the corpus. */
  int index() {
    return index;
  }

  int[] positions() {
    return positions;
  }

  Patching patching() {
    if (patching.isEmpty()) {
      patching = Optional.of(session.patching(sequence.sequence(0), point));
    }
    return patching.get();
  }

  /** Sets the context for one SAE and says what there is to ablate. */
  AblatedTokens of(Splice splice) {
    float[] clean = patching().activation();
    float[] read = splice.in().equals(point) ? clean : activation(splice.in());
    if (options.context() == AblationContext.RECONSTRUCTED) {
      patching().setContext(reconstructed(splice.sae(), read, clean));
    }
    return new AblatedTokens(
        session, splice.sae(), options, index, positions, rows(read), rows(clean));
  }

  /** What a transcoder reads, [tokens, width]. */
  private float[] activation(HookPoint in) {
    RunOptions capture = RunOptions.defaults().capture(in).withoutLogits();
    return session.run(sequence, capture).activation(in).toArray();
  }

  /** The SAE's output in place of the activation where it is wanted, [tokens, width]. */
  private float[] reconstructed(Sae sae, float[] read, float[] clean) {
    float[] context = new float[clean.length];
    session.reconstruct(sae, FloatBuffer.wrap(read), FloatBuffer.wrap(context));
    int tokens = sequence.tokens();
    int width = clean.length / tokens;
    for (int p = 0; p < tokens; p++) {
      if (!options.reconstructed().includes(p, tokens, sequence.token(0, p))) {
        System.arraycopy(clean, p * width, context, p * width, width);
      }
    }
    return context;
  }

  private float[][] rows(float[] activation) {
    int width = activation.length / sequence.tokens();
    return Arrays.stream(positions)
        .mapToObj(p -> Arrays.copyOfRange(activation, p * width, (p + 1) * width))
        .toArray(float[][]::new);
  }

  @Override
  public void close() {
    patching.ifPresent(Patching::close);
  }
}
