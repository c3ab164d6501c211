package org.sae4j.ablation;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.sae4j.arch.HookPoint;
import org.sae4j.stats.Interval;

/**
 * How sparse the effects of an ablation are.
 *
 * <p>Means, median and interval are over the effects that are not below the noise. A number that
 * none contributes to is NaN, and {@link #undefined} says why.
 *
 * @param hook the activation
 * @param options how the ablation was done
 * @param mean mean {@link AblationEffect#sparsity}: smaller is sparser
 * @param median its median; of an even number the mean of the two in the middle
 * @param ci95 where the mean lies with a confidence of 95 %, by a bootstrap with a fixed seed;
 *     empty if there is nothing to draw
 * @param drawn what the bootstrap draws
 * @param rowMean mean {@link AblationEffect#rowSparsity}
 * @param pairs the effects found: one for each token and latent, or channel
 * @param skipped how many pairs were left out, by the reason
 * @param belowNoise the effects too small for the arithmetic, among {@code pairs}
 * @param unchanged those that change no logit at all, among {@code belowNoise}
 * @param byAblated the means of each latent, or channel, that has any
 * @param compared the same of the control that was ablated besides; empty: there was none
 * @param seconds the time that the whole run took, for all SAEs together; of a resumed run, since
 *     then
 * @param undefined for each number that is NaN, by its key in reports, the reason
 */
public record AblationSummary(
    HookPoint hook,
    AblationOptions options,
    double mean,
    double median,
    Optional<Interval> ci95,
    Drawn drawn,
    double rowMean,
    long pairs,
    Map<String, Long> skipped,
    long belowNoise,
    long unchanged,
    SortedMap<Integer, Means> byAblated,
    Optional<AblationSummary> compared,
    double seconds,
    Map<String, String> undefined) {

  /** What a bootstrap draws: effects that share a token, or a sequence, are not independent. */
  public enum Drawn {
    /** Sequences, with all effects in them. */
    SEQUENCES,
    /** Tokens, with all effects at them, because fewer than five sequences have any. */
    TOKENS,
    /**
     * Effects one by one, because fewer than five tokens have any: as if they were independent,
     * which makes the interval rather too narrow.
     */
    EFFECTS,
    /** Nothing: there are fewer than five effects, which says too little. */
    NOTHING
  }

  /**
   * The effects of one latent, or channel.
   *
   * @param pairs how many there are
   * @param sparsity their mean {@link AblationEffect#sparsity}
   * @param rowSparsity their mean {@link AblationEffect#rowSparsity}
   */
  public record Means(long pairs, double sparsity, double rowSparsity) {}

  public AblationSummary {
    Objects.requireNonNull(hook, "hook");
    Objects.requireNonNull(options, "options");
    Objects.requireNonNull(ci95, "ci95");
    Objects.requireNonNull(drawn, "drawn");
    Objects.requireNonNull(compared, "compared");
    skipped = Collections.unmodifiableMap(new LinkedHashMap<>(skipped));
    byAblated = Collections.unmodifiableSortedMap(new TreeMap<>(byAblated));
    undefined = Collections.unmodifiableMap(new LinkedHashMap<>(undefined));
  }

  /** How many pairs were left out, for whatever reason. */
  public long skippedPairs() {
    return skipped.values().stream().mapToLong(Long::longValue).sum();
  }
}
