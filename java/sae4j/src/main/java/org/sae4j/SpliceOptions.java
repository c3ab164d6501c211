package org.sae4j;

import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.sae4j.arch.HookPoint;
import org.sae4j.tokens.Positions;

/**
 * How {@link Session#evaluate} replaces activations, and what it compares with.
 *
 * <p>Immutable; each {@code with…} returns new options. Start from {@link #defaults()}.
 *
 * @param replaced the tokens where something replaces the activation
 * @param counted the tokens that {@link BatchEvaluation.Place#xSum} and {@link
 *     BatchEvaluation.Spliced#fires} are over; what is kept per token is there for all
 * @param zero whether the activations are also replaced by zero
 * @param means what else replaces an activation, [width]; one without an entry has no such run; the
 *     record's own arrays, do not write to them
 */
public record SpliceOptions(
    Positions replaced, Positions counted, boolean zero, Map<HookPoint, float[]> means) {

  public SpliceOptions {
    Objects.requireNonNull(replaced, "replaced");
    Objects.requireNonNull(counted, "counted");
    Map<HookPoint, float[]> copy = new LinkedHashMap<>();
    means.forEach((point, mean) -> copy.put(point, mean.clone()));
    means = Collections.unmodifiableMap(copy);
  }

  /** Replaces and counts every token, without baselines. */
  public static SpliceOptions defaults() {
    return new SpliceOptions(Positions.all(), Positions.all(), false, Map.of());
  }

  /** Replaces the activation of these tokens only. */
  public SpliceOptions withReplaced(Positions replaced) {
    return new SpliceOptions(replaced, counted, zero, means);
  }

  /** Counts these tokens only. */
  public SpliceOptions withCounted(Positions counted) {
    return new SpliceOptions(replaced, counted, zero, means);
  }

  /** Also replaces the activations by zero, or does not. */
  public SpliceOptions withZero(boolean zero) {
    return new SpliceOptions(replaced, counted, zero, means);
  }

  /** Also replaces these activations by their means, [width] each. */
  public SpliceOptions withMeans(Map<HookPoint, float[]> means) {
    return new SpliceOptions(replaced, counted, zero, means);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof SpliceOptions that
        && replaced.equals(that.replaced)
        && counted.equals(that.counted)
        && zero == that.zero
        && means.keySet().equals(that.means.keySet())
        && means.keySet().stream().allMatch(p -> Arrays.equals(means.get(p), that.means.get(p)));
  }

  @Override
  public int hashCode() {
    return Objects.hash(replaced, counted, zero, means.keySet());
  }
}
