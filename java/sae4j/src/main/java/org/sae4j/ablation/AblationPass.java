package org.sae4j.ablation;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.sae4j.PatchEffect;
import org.sae4j.Patches;
import org.sae4j.Patching;
import org.sae4j.Session;
import org.sae4j.arch.HookPoint;
import org.sae4j.arch.ModelShape;
import org.sae4j.pass.CorpusPass;
import org.sae4j.pass.Progress;
import org.sae4j.tokens.Corpus;
import org.sae4j.tokens.Sequences;

/**
 * Takes a corpus through the model, one sequence after another, and ablates at the chosen tokens.
 */
final class AblationPass {
  /** Patches whose activations are in memory at a time: many to a batch, yet not all of them. */
  private static final int VARIANTS_AT_ONCE = 512;

  private final Session session;
  private final List<AblatedSae> saes;
  private final AblationOptions options;
  private final EarlierEffects earlier;
  private final Consumer<AblationEffect> listener;
  private final Progress progress;
  private final long start = System.nanoTime();
  private CorpusPass pass;

  AblationPass(
      Session session,
      List<AblatedSae> saes,
      AblationOptions options,
      EarlierEffects earlier,
      Consumer<AblationEffect> listener,
      Progress progress) {
    this.session = session;
    this.saes = saes;
    this.options = options;
    this.earlier = earlier;
    this.listener = listener;
    this.progress = progress;
  }

  List<AblationSummary> run(Corpus corpus) throws IOException {
    ModelShape shape = session.model().shape();
    try {
      TokenChoice tokens = TokenChoice.of(corpus, options, shape);
      pass = CorpusPass.of("token indices", OptionalLong.of(tokens.left() * saes.size()), progress);
      long[] index = {0};
      boolean complete =
          pass.run(
              corpus,
              0,
              1,
              shape,
              () -> tokens.left() == 0,
              sequence -> {
                pass.requireNoInterrupt();
                int[] positions = tokens.next(sequence);
                if (positions.length > 0) {
                  ablate(sequence, Math.toIntExact(index[0]), positions);
                }
                index[0]++;
              });
      if (!complete) {
        throw new IllegalStateException("the corpus has fewer tokens than when it was counted");
      }
      earlier.requireNone();
      return summaries();
    } catch (CancellationException e) {
      if (!Thread.currentThread().isInterrupted()) {
        throw e; // a listener's own
      }
      throw cancelled(e.getMessage());
    }
  }

  private AblationCancelledException cancelled(String message) {
    earlier.drain(effect -> saes.get(effect.sae()).add(effect));
    return new AblationCancelledException(message, summaries());
  }

  private List<AblationSummary> summaries() {
    double seconds = (System.nanoTime() - start) / 1e9;
    return saes.stream().map(sae -> sae.summary(seconds)).toList();
  }

  /** The SAEs at one activation share what the model computes up to it. */
  private void ablate(Sequences sequence, int index, int[] positions) throws IOException {
    for (List<AblatedSae> group : groups()) {
      pass.requireNoInterrupt();
      HookPoint point = group.get(0).point();
      try (SequenceAblation chosen =
          new SequenceAblation(session, point, options, sequence, index, positions)) {
        for (List<AblatedSae> team : teams(group)) {
          ablate(chosen, team);
        }
      }
    }
  }

  private Collection<List<AblatedSae>> groups() {
    return saes.stream()
        .collect(Collectors.groupingBy(AblatedSae::point, LinkedHashMap::new, Collectors.toList()))
        .values();
  }

  /** Those of one activation whose effects are the same, whatever the SAE. */
  private List<List<AblatedSae>> teams(List<AblatedSae> group) {
    boolean alike =
        options.control() instanceof AblationControl.Channels
            && options.context() == AblationContext.CLEAN
            && options.compared().isEmpty();
    return alike ? List.of(group) : group.stream().map(List::of).toList();
  }

  private void ablate(SequenceAblation sequence, List<AblatedSae> team) throws IOException {
    Optional<SequenceAblation.OfSae> ablatable = Optional.empty();
    for (int i = 0; i < sequence.positions().length; i++) {
      int position = sequence.positions()[i];
      List<AblatedSae> left = notFoundEarlier(team, sequence.index(), position);
      if (left.isEmpty()) {
        continue;
      }
      if (ablatable.isEmpty()) {
        ablatable = Optional.of(sequence.of(left.get(0).splice()));
      }
      Spot spot = new Spot(sequence.patching(), left, sequence.index(), position);
      Ablatable token = ablatable.get().at(i);
      ablate(spot, options.control(), token);
      ablatable
          .get()
          .comparedAt(i, token.count())
          .ifPresent(other -> ablate(spot, options.compared().orElseThrow(), other));
      for (int done = 0; done < left.size(); done++) {
        pass.advance(1);
      }
    }
  }

  private List<AblatedSae> notFoundEarlier(List<AblatedSae> team, int sequence, int position) {
    List<AblatedSae> left = new ArrayList<>();
    for (AblatedSae sae : team) {
      if (earlier.replay(sae.index(), sequence, position, sae::add)) {
        pass.skip(1);
      } else {
        left.add(sae);
      }
    }
    return left;
  }

  /** Where something is ablated, and for which SAEs. */
  private record Spot(Patching patching, List<AblatedSae> saes, int sequence, int position) {}

  private void ablate(Spot spot, AblationControl control, Ablatable token) {
    int left = spot.patching().tokens() - spot.position();
    if (left < options.future() && options.tail() == AblationTail.SKIP) {
      String reason = "fewer than " + options.future() + " positions left";
      spot.saes().forEach(sae -> sae.skip(control, reason, token.count()));
      return;
    }
    if (token.count() > 0) {
      earlier.requireNone();
    }
    int future = Math.min(left, options.future());
    List<AblationEffect> found = new ArrayList<>(); // for the other SAEs, if there are any
    for (int from = 0; from < token.count(); from += VARIANTS_AT_ONCE) {
      int first = from;
      int to = Math.min(token.count(), from + VARIANTS_AT_ONCE);
      float[] values = token.values(from, to);
      Patches patches =
          new Patches(spot.position(), future, token.base(), values, options.topTokens(), false);
      spot.patching()
          .run(
              patches,
              change -> {
                AblationEffect effect =
                    effect(spot, control, token, first + change.index(), change);
                hear(spot.saes().get(0), effect);
                if (spot.saes().size() > 1) {
                  found.add(effect);
                }
              });
    }
    for (AblatedSae other : spot.saes().subList(1, spot.saes().size())) {
      found.forEach(effect -> hear(other, effect.of(other.index())));
    }
  }

  private static AblationEffect effect(
      Spot spot, AblationControl control, Ablatable token, int i, PatchEffect change) {
    return new AblationEffect(
        spot.saes().get(0).index(),
        control,
        spot.sequence(),
        spot.position(),
        token.ablated(i),
        token.activation(i),
        change);
  }

  private void hear(AblatedSae sae, AblationEffect effect) {
    sae.add(effect);
    listener.accept(effect);
    pass.requireNoInterrupt();
  }
}
