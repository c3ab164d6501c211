package org.sae4j.ablation;

import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.Optional;
import org.sae4j.Latents;
import org.sae4j.Patching;
import org.sae4j.RunOptions;
import org.sae4j.Sae;
import org.sae4j.Session;
import org.sae4j.Splice;
import org.sae4j.arch.HookPoint;
import org.sae4j.tokens.Sequences;

/**
 * The chosen tokens of one sequence at one activation, and what there is to ablate at them.
 *
 * <p>The model runs on the sequence once, when it is first needed: that may be never, if an earlier
 * run found all that is to be found.
 */
final class SequenceAblation implements AutoCloseable {
  private final Session session;
  private final HookPoint point;
  private final AblationOptions options;
  private final Sequences sequence; // one
  private final int index;
  private final int[] positions;
  private Optional<Patching> patching = Optional.empty();

  /**
   * Prepares.
   *
   * @param index the sequence's in the corpus
   * @param positions those to ablate at
   */
  SequenceAblation(
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

  /** Sets the context that one SAE wants, and says what there is to ablate for it. */
  OfSae of(Splice splice) {
    float[] clean = patching().activation();
    float[] read = splice.in().equals(point) ? clean : activation(splice.in());
    if (options.context() == AblationContext.RECONSTRUCTED) {
      patching().setContext(reconstructed(splice.sae(), read, clean));
    }
    return new OfSae(splice.sae(), rows(read), rows(clean));
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

  /** What there is to ablate for one SAE. */
  final class OfSae {
    private final Sae sae;
    private final float[][] x; // [positions, width] what its output replaces
    private final Optional<Latents> latents; // of all positions, if latents are ablated
    private final float[][] base; // [positions, width] where latents are ablated

    /**
     * Finds the active latents, if any are wanted.
     *
     * @param read [positions, input width] what the SAE reads: x unless it is a transcoder
     */
    private OfSae(Sae sae, float[][] read, float[][] x) {
      this.sae = sae;
      this.x = x;
      // All positions at once, even if few are to be ablated: a batch of another size rounds anew.
      latents = needsLatents() ? Optional.of(session.encode(sae, joined(read))) : Optional.empty();
      boolean reconstructed = options.baseline() == AblationBaseline.RECONSTRUCTION;
      base = latents.isPresent() && reconstructed ? reconstruct(read) : x;
    }

    private boolean needsLatents() {
      return isOfLatents(options.control())
          || options.compared().filter(OfSae::isOfLatents).isPresent();
    }

    private static boolean isOfLatents(AblationControl control) {
      return !(control instanceof AblationControl.Channels);
    }

    private float[][] reconstruct(float[][] read) {
      int width = sae.config().dOut();
      float[] out = new float[Math.multiplyExact(read.length, width)];
      session.reconstruct(sae, joined(read), FloatBuffer.wrap(out));
      float[][] rows = new float[read.length][];
      Arrays.setAll(rows, i -> Arrays.copyOfRange(out, i * width, (i + 1) * width));
      return rows;
    }

    private static FloatBuffer joined(float[][] rows) {
      FloatBuffer joined = FloatBuffer.allocate(rows.length * rows[0].length);
      for (float[] row : rows) {
        joined.put(row);
      }
      return joined.flip();
    }

    /** What there is to ablate at the i-th position. */
    Ablatable at(int i) {
      return ablatable(i, options);
    }

    /** As much of the control to compare with; empty if none is wanted, or none of it. */
    Optional<Ablatable> comparedAt(int i, int count) {
      return options
          .ofCompared()
          .filter(wanted -> count > 0)
          .map(wanted -> ablatable(i, wanted.withMost(count)));
    }

    private Ablatable ablatable(int i, AblationOptions wanted) {
      if (!isOfLatents(wanted.control())) {
        return new AblatedChannels(x[i], wanted.most().orElse(x[i].length));
      }
      AblatedLatents own =
          new AblatedLatents(session, sae, base[i], latents.orElseThrow(), i, wanted.most());
      return wanted.control() instanceof AblationControl.Random random
          ? new AblatedDirections(own, random.seed(), index, positions[i])
          : own;
    }
  }
}
