package org.sae4j.ablation;

import java.util.Iterator;
import java.util.Optional;
import java.util.function.Consumer;

/** The effects that an earlier run found, given back token by token. */
final class EarlierEffects {
  private final Iterator<AblationEffect> effects;
  private Optional<AblationEffect> next;

  EarlierEffects(Iterable<AblationEffect> effects) {
    this.effects = effects.iterator();
    advance();
  }

  private void advance() {
    next = effects.hasNext() ? Optional.of(effects.next()) : Optional.empty();
  }

  /** Gives back the effects at one token if they are next, and tells whether they were. */
  boolean replay(int sae, int sequence, int position, Consumer<AblationEffect> listener) {
    boolean any = false;
    while (next.isPresent() && isAt(next.get(), sae, sequence, position)) {
      listener.accept(next.get());
      any = true;
      advance();
    }
    return any;
  }

  private static boolean isAt(AblationEffect effect, int sae, int sequence, int position) {
    return effect.sae() == sae && effect.sequence() == sequence && effect.position() == position;
  }

  /** Gives back all that are left. */
  void drain(Consumer<AblationEffect> listener) {
    for (; next.isPresent(); advance()) {
      listener.accept(next.get());
    }
  }

  /** Fails if an effect is left: it is not one of this ablation. */
  void requireNone() {
    if (next.isPresent()) {
      AblationEffect effect = next.get();
      throw new IllegalArgumentException(
          "an earlier effect of SAE %d at sequence %d, position %d is not one of this ablation"
              .formatted(effect.sae(), effect.sequence(), effect.position()));
    }
  }
}
