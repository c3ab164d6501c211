package org.sae4j.cli;

import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.function.Consumer;
import org.sae4j.AblationEffect;

/** The few effects that change the predictions most. */
final class StrongestEffects implements Consumer<AblationEffect> {
  private static final int COUNT = 5;
  private static final Comparator<AblationEffect> BY_KL =
      Comparator.comparingDouble(AblationEffect::kl);

  private final PriorityQueue<AblationEffect> strongest = new PriorityQueue<>(BY_KL);

  @Override
  public void accept(AblationEffect effect) {
    strongest.add(effect);
    if (strongest.size() > COUNT) {
      strongest.remove();
    }
  }

  /** The effects heard of, the strongest first. */
  List<AblationEffect> list() {
    return strongest.stream().sorted(BY_KL.reversed()).toList();
  }
}
