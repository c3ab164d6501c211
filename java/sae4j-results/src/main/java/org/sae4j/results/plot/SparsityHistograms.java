package org.sae4j.results.plot;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.sae4j.ablation.AblationControl;
import org.sae4j.ablation.AblationEffect;
import org.sae4j.results.UnitHistogram;

/** Counts the sparsity of effects, per SAE and for channels. */
public final class SparsityHistograms implements Consumer<AblationEffect> {
  /**
   * The effects of one thing.
   *
   * @param name what it is
   * @param whole {@link AblationEffect#sparsity}
   * @param byRow {@link AblationEffect#rowSparsity}
   */
  record Of(String name, UnitHistogram whole, UnitHistogram byRow) {
    private Of(String name) {
      this(name, new UnitHistogram(), new UnitHistogram());
    }

    private void add(AblationEffect effect) {
      whole.add(effect.sparsity());
      byRow.add(effect.rowSparsity());
    }
  }

  private final List<Of> latents = new ArrayList<>();
  private final Of channels = new Of("channels");

  /**
   * Prepares to count.
   *
   * @param names what the effects of each SAE are of
   */
  public SparsityHistograms(List<String> names) {
    names.forEach(name -> latents.add(new Of(name)));
  }

  @Override
  public void accept(AblationEffect effect) {
    if (!effect.isBelowNoise()) {
      boolean ofChannel = effect.control() instanceof AblationControl.Channels;
      (ofChannel ? channels : latents.get(effect.sae())).add(effect);
    }
  }

  /** All that have an effect, channels last. */
  public List<Of> list() {
    List<Of> all = new ArrayList<>(latents);
    all.add(channels);
    return all.stream().filter(each -> each.whole().count() > 0).toList();
  }
}
