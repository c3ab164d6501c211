package org.sae4j.cli.ablate;

import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.function.Consumer;
import org.sae4j.ablation.AblationControl;
import org.sae4j.ablation.AblationEffect;

/** Keeps the few effects of each SAE that change the predictions most. */
final class StrongestEffects implements Consumer<AblationEffect> {
  private static final int COUNT = 5;
  private static final Comparator<AblationEffect> BY_KL =
      Comparator.comparingDouble(AblationEffect::kl);

  private final AblationControl control;
  private final Map<Integer, PriorityQueue<AblationEffect>> bySae = new HashMap<>();

  /**
   * Prepares to listen.
   *
   * @param control whose effects are wanted
   */
  StrongestEffects(AblationControl control) {
    this.control = control;
  }

  @Override
  public void accept(AblationEffect effect) {
    if (!effect.control().equals(control)) {
      return;
    }
    PriorityQueue<AblationEffect> strongest = of(effect.sae());
    strongest.add(effect);
    if (strongest.size() > COUNT) {
      strongest.remove();
    }
  }

  private PriorityQueue<AblationEffect> of(int sae) {
    return bySae.computeIfAbsent(sae, s -> new PriorityQueue<>(BY_KL));
  }

  /** The effects heard of, the strongest first. */
  List<AblationEffect> list(int sae) {
    return of(sae).stream().sorted(BY_KL.reversed()).toList();
  }
}
