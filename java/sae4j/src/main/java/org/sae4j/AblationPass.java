package org.sae4j;

import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.function.Consumer;

/** Takes sequences through the model, one after another, and ablates at the chosen tokens. */
final class AblationPass {
  /** Variants whose activations are in memory at a time: many to a batch, yet not all of them. */
  private static final int VARIANTS_AT_ONCE = 512;

  private final Session session;
  private final Sae sae;
  private final HookPoint point;
  private final AblationOptions options;
  private final Consumer<AblationEffect> listener;
  private final Progress progress;
  private final AblationSums sums = new AblationSums();
  private final long start = System.nanoTime();
  private int done;
  private int total;

  /** Ends a pass from within; never seen outside. */
  private static final class Interrupted extends RuntimeException {
    private static final long serialVersionUID = 1;
  }

  AblationPass(
      Session session,
      Sae sae,
      HookPoint point,
      AblationOptions options,
      Consumer<AblationEffect> listener,
      Progress progress) {
    this.session = session;
    this.sae = sae;
    this.point = point;
    this.options = options;
    this.listener = listener;
    this.progress = progress;
  }

  AblationSummary run(Sequences sequences) {
    int[] tokens = AblationTokens.choose(sequences, options);
    total = tokens.length;
    try {
      int next = 0;
      for (int s = 0; s < sequences.count(); s++) {
        int first = sequences.offset(s);
        int from = next;
        while (next < total && tokens[next] < first + sequences.length(s)) {
          next++;
        }
        if (next > from) {
          int[] positions = Arrays.stream(tokens, from, next).map(t -> t - first).toArray();
          ablate(sequences, s, positions);
        }
      }
      return summary();
    } catch (Interrupted e) {
      throw new AblationCancelledException(
          "interrupted after %d of %d token indices".formatted(done, total), summary());
    }
  }

  private AblationSummary summary() {
    return sums.summary(point, options, (System.nanoTime() - start) / 1e9);
  }

  private void ablate(Sequences sequences, int sequence, int[] positions) {
    requireNoInterrupt();
    try (Stage stage = session.stage(sequences.sequence(sequence), point)) {
      float[] clean = stage.activation();
      if (options.context() == AblationContext.RECONSTRUCTED) {
        stage.setContext(reconstructed(clean, sequences, sequence));
      }
      float[][] x = rows(clean, positions, stage.width());
      AblatedToken[] things = things(x, sequence, positions);
      for (int i = 0; i < positions.length; i++) {
        ablate(stage, sequence, positions[i], things[i]);
        progress.tokens(++done, total);
      }
    }
  }

  /** The reconstruction of a sequence's activation where it is wanted. [tokens, width] */
  private float[] reconstructed(float[] clean, Sequences sequences, int sequence) {
    float[] context = new float[clean.length];
    session.reconstruct(sae, FloatBuffer.wrap(clean), FloatBuffer.wrap(context));
    int tokens = sequences.length(sequence);
    int width = clean.length / tokens;
    for (int p = 0; p < tokens; p++) {
      if (!options.reconstructed().includes(p, tokens, sequences.token(sequence, p))) {
        System.arraycopy(clean, p * width, context, p * width, width);
      }
    }
    return context;
  }

  private static float[][] rows(float[] activation, int[] positions, int width) {
    return Arrays.stream(positions)
        .mapToObj(p -> Arrays.copyOfRange(activation, p * width, (p + 1) * width))
        .toArray(float[][]::new);
  }

  /** What there is to ablate at each position; x [width] each. */
  private AblatedToken[] things(float[][] x, int sequence, int[] positions) {
    AblatedToken[] things = new AblatedToken[x.length];
    if (options.control() instanceof AblationControl.Channels) {
      Arrays.setAll(things, i -> new AblatedChannels(x[i], options));
      return things;
    }
    FloatBuffer rows = FloatBuffer.allocate(x.length * x[0].length);
    for (float[] row : x) {
      rows.put(row);
    }
    Latents latents = session.encode(sae, rows.flip());
    for (int i = 0; i < things.length; i++) {
      AblatedLatents own = new AblatedLatents(session, sae, x[i], latents, i, options);
      things[i] =
          options.control() instanceof AblationControl.Random random
              ? new AblatedDirections(own, random.seed(), sequence, positions[i])
              : own;
    }
    return things;
  }

  private void ablate(Stage stage, int sequence, int position, AblatedToken token) {
    int left = stage.tokens() - position;
    if (left < options.future() && options.tail() == AblationTail.SKIP) {
      sums.skip("fewer than " + options.future() + " positions left", token.count());
      return;
    }
    int future = Math.min(left, options.future());
    for (int from = 0; from < token.count(); from += VARIANTS_AT_ONCE) {
      int first = from;
      int to = Math.min(token.count(), from + VARIANTS_AT_ONCE);
      float[] values = token.values(from, to);
      stage.run(
          new Variants(position, future, token.base(), values, options.topTokens(), false),
          change -> hear(sequence, position, token, first + change.index(), change));
    }
  }

  private void hear(int sequence, int position, AblatedToken token, int i, VariantEffect change) {
    AblationEffect effect =
        new AblationEffect(sequence, position, token.ablated(i), token.activation(i), change);
    sums.add(effect);
    listener.accept(effect);
    requireNoInterrupt();
  }

  private static void requireNoInterrupt() {
    if (Thread.currentThread().isInterrupted()) {
      throw new Interrupted();
    }
  }
}
