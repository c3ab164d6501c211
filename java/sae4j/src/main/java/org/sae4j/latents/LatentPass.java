package org.sae4j.latents;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.sae4j.Latents;
import org.sae4j.RunOptions;
import org.sae4j.RunResult;
import org.sae4j.Sae;
import org.sae4j.Session;
import org.sae4j.Splice;
import org.sae4j.pass.CorpusPass;
import org.sae4j.tokens.Corpus;
import org.sae4j.tokens.Sequences;

/** Takes all sequences through the model and an SAE, and looks at its latents. */
final class LatentPass {
  private static final int LATENTS_AT_ONCE = 64;

  private final Session session;
  private final Splice splice;
  private final Sae sae;
  private final LatentStudyOptions options;
  private final LatentState state;
  private final CorpusPass pass;
  private final TopContexts top;

  LatentPass(
      Session session,
      Splice splice,
      LatentStudyOptions options,
      LatentState state,
      CorpusPass pass) {
    this.session = session;
    this.splice = splice;
    this.sae = splice.sae();
    this.options = options;
    this.state = state;
    this.pass = pass;
    this.top = state.top();
  }

  /** What a study keeps before it has seen anything. */
  static LatentState begin(Sae sae, LatentStudyOptions options) {
    return new LatentState(
        new TopContexts(
            sae.config().dSae(), wanted(sae, options), options.contexts(), options.window()));
  }

  private static IntPredicate wanted(Sae sae, LatentStudyOptions options) {
    if (!(options.latents() instanceof LatentChoice.Given given)) {
      return latent -> true;
    }
    for (int latent : given.latents()) {
      if (latent < 0 || latent >= sae.config().dSae()) {
        throw new IllegalArgumentException(
            "latent %d: the SAE %s has latents 0 to %d"
                .formatted(latent, sae.name(), sae.config().dSae() - 1));
      }
    }
    return new HashSet<>(given.latents())::contains;
  }

  /** Runs what the state does not have yet. */
  LatentStudyResult run(Corpus corpus) throws IOException {
    pass.run(
        corpus,
        state.sequences(),
        options.batchTokens(),
        session.model().shape(),
        () -> false,
        this::look);
    if (state.tokens() == 0) {
      throw new IllegalArgumentException(
          "\"%s\" counts no token of %d sequences, %d tokens"
              .formatted(options.counted(), state.sequences(), state.done()));
    }
    long start = System.nanoTime();
    List<LatentProfile> profiles = profiles();
    state.addTime(System.nanoTime() - start);
    return new LatentStudyResult(
        splice.in(),
        splice.out(),
        options,
        profiles,
        state.tokens(),
        state.sequences(),
        state.done(),
        withoutLogits(),
        state.seconds());
  }

  private void look(Sequences batch) throws IOException {
    RunResult run = session.run(batch, RunOptions.defaults().capture(splice.in()).withoutLogits());
    Latents z = session.encode(sae, run.activation(splice.in()).floats());
    state.add(batch, z, batch.select(options.counted()));
    pass.advance(batch.tokens());
  }

  private List<LatentProfile> profiles() {
    int[] latents = chosen();
    List<LatentProfile> profiles = new ArrayList<>(latents.length);
    for (int from = 0; from < latents.length; from += LATENTS_AT_ONCE) {
      int to = Math.min(latents.length, from + LATENTS_AT_ONCE);
      int[] some = Arrays.copyOfRange(latents, from, to);
      List<TopTokens> topTokens = topTokens(some);
      for (int i = 0; i < some.length; i++) {
        profiles.add(profile(some[i], topTokens.get(i)));
      }
    }
    return profiles;
  }

  private int[] chosen() {
    IntStream all = IntStream.range(0, sae.config().dSae());
    if (options.latents() instanceof LatentChoice.Given given) {
      return given.latents().stream().mapToInt(latent -> latent).toArray();
    }
    if (options.latents() instanceof LatentChoice.MostActive most) {
      return all.filter(latent -> top.fires()[latent] > 0)
          .boxed()
          .sorted(Comparator.comparing((Integer latent) -> top.fires()[latent]).reversed())
          .limit(most.count())
          .mapToInt(latent -> latent)
          .toArray();
    }
    return all.toArray();
  }

  private LatentProfile profile(int latent, TopTokens topTokens) {
    List<LatentContext> contexts = top.of(latent);
    long fires = top.fires()[latent];
    return new LatentProfile(
        latent,
        fires,
        (double) fires / state.tokens(),
        contexts.isEmpty() ? 0 : contexts.get(0).activation(),
        contexts,
        topTokens.promoted(),
        topTokens.suppressed());
  }

  private List<TopTokens> topTokens(int[] latents) {
    if (options.topTokens() == 0 || !session.model().hasDirectPath(splice.out())) {
      return IntStream.of(latents).mapToObj(latent -> TopTokens.NONE).toList();
    }
    float[] logits = session.latentLogits(sae, splice.out(), latents);
    int vocabulary = session.model().shape().vocabulary();
    return IntStream.range(0, latents.length)
        .mapToObj(row -> TopTokens.of(logits, row, vocabulary, options.topTokens()))
        .toList();
  }

  private Optional<String> withoutLogits() {
    return session.model().hasDirectPath(splice.out())
        ? Optional.empty()
        : Optional.of(
            splice.out()
                + " is not in the residual stream nor added to it: what a latent decodes to there"
                + " has no direct path to the logits");
  }
}
