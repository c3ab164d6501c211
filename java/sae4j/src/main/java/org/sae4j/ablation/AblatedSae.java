package org.sae4j.ablation;

import java.util.Optional;
import org.sae4j.Splice;
import org.sae4j.arch.HookPoint;

/** One of the SAEs of an ablation, and the effects found for it. */
final class AblatedSae {
  private final int index;
  private final Splice splice;
  private final AblationOptions options;
  private final AblationSums sums = new AblationSums();
  private final AblationSums comparedSums = new AblationSums();

  AblatedSae(int index, Splice splice, AblationOptions options) {
    this.index = index;
    this.splice = splice;
    this.options = options;
  }

  int index() {
    return index;
  }

  Splice splice() {
    return splice;
  }

  /** The activation in which its latents are ablated. */
  HookPoint point() {
    return splice.out();
  }

  void add(AblationEffect effect) {
    sumsOf(effect.control()).add(effect);
  }

  /** Counts pairs that are left out. */
  void skip(AblationControl control, String reason, long count) {
    sumsOf(control).skip(reason, count);
  }

  private AblationSums sumsOf(AblationControl control) {
    if (control.equals(options.control())) {
      return sums;
    }
    if (options.compared().equals(Optional.of(control))) {
      return comparedSums;
    }
    throw new IllegalArgumentException(
        "expected effects of control \"%s\", found \"%s\"".formatted(options.control(), control));
  }

  AblationSummary summary(double seconds) {
    Optional<AblationSummary> compared =
        options
            .ofCompared()
            .map(its -> comparedSums.summary(point(), its, Optional.empty(), seconds));
    return sums.summary(point(), options, compared, seconds);
  }
}
