package org.sae4j;

import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.Optional;

/** What there is to ablate at the chosen tokens of one sequence, for one SAE. */
final class AblatedTokens {
  private final Session session;
  private final Sae sae;
  private final AblationOptions options;
  private final int sequence;
  private final int[] positions;
  private final float[][] read; // [positions, input width]
  private final float[][] x; // [positions, width]
  private final Optional<Latents> latents;
  private final float[][] base; // [positions, width] where latents are ablated

  /**
   * Finds the active latents, if any are wanted.
   *
   * @param read [positions, input width] what the SAE reads at each position
   * @param x [positions, width] what its output replaces: the same unless it is a transcoder
   */
  AblatedTokens(
      Session session,
      Sae sae,
      AblationOptions options,
      int sequence,
      int[] positions,
      float[][] read,
      float[][] x) {
    this.session = session;
    this.sae = sae;
    this.options = options;
    this.sequence = sequence;
    this.positions = positions;
    this.read = read;
    this.x = x;
    this.latents = needsLatents(options) ? Optional.of(encode()) : Optional.empty();
    boolean reconstructed = options.baseline() == AblationBaseline.RECONSTRUCTION;
    this.base = latents.isPresent() && reconstructed ? reconstruct() : x;
  }

  private static boolean needsLatents(AblationOptions options) {
    return isOfLatents(options.control())
        || options.compared().filter(AblatedTokens::isOfLatents).isPresent();
  }

  private static boolean isOfLatents(AblationControl control) {
    return !(control instanceof AblationControl.Channels);
  }

  /** All positions at once, even if few are to be ablated: a batch of another size rounds anew. */
  private Latents encode() {
    return session.encode(sae, joined());
  }

  private float[][] reconstruct() {
    int width = sae.config().dOut();
    float[] out = new float[Math.multiplyExact(read.length, width)];
    session.reconstruct(sae, joined(), FloatBuffer.wrap(out));
    float[][] rows = new float[read.length][];
    Arrays.setAll(rows, i -> Arrays.copyOfRange(out, i * width, (i + 1) * width));
    return rows;
  }

  private FloatBuffer joined() {
    FloatBuffer rows = FloatBuffer.allocate(read.length * read[0].length);
    for (float[] row : read) {
      rows.put(row);
    }
    return rows.flip();
  }

  /** What there is to ablate at the i-th position. */
  AblatedToken at(int i) {
    return token(i, options);
  }

  /** As much of the control to compare with; empty if none is wanted, or none of it. */
  Optional<AblatedToken> comparedAt(int i, int count) {
    return options
        .ofCompared()
        .filter(wanted -> count > 0)
        .map(wanted -> token(i, wanted.withMost(count)));
  }

  private AblatedToken token(int i, AblationOptions options) {
    if (!isOfLatents(options.control())) {
      return new AblatedChannels(x[i], options.most().orElse(x[i].length));
    }
    AblatedLatents own =
        new AblatedLatents(session, sae, base[i], latents.orElseThrow(), i, options.most());
    return options.control() instanceof AblationControl.Random random
        ? new AblatedDirections(own, random.seed(), sequence, positions[i])
        : own;
  }
}
