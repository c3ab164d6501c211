package org.sae4j;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.sae4j.arch.HookPoint;
import org.sae4j.tokens.Positions;

/**
 * What one run of a model edits, keeps and computes.
 *
 * <p>Immutable; each method returns new options. Start from {@link #defaults()}.
 *
 * @param edits what happens to activations, in order
 * @param captured the activations that the result has, as they are after their edits
 * @param logits the tokens whose logits the result has; empty: none, and the run ends after its
 *     last hook point
 */
public record RunOptions(
    Map<HookPoint, List<Edit>> edits, Set<HookPoint> captured, Optional<Positions> logits) {
  private static final RunOptions DEFAULTS =
      new RunOptions(Map.of(), Set.of(), Optional.of(Positions.all()));

  public RunOptions {
    Map<HookPoint, List<Edit>> copy = new LinkedHashMap<>();
    edits.forEach((point, list) -> copy.put(point, List.copyOf(list)));
    edits = Collections.unmodifiableMap(copy);
    captured = Collections.unmodifiableSet(new LinkedHashSet<>(captured));
    if (logits.isEmpty() && edits.isEmpty() && captured.isEmpty()) {
      throw new IllegalArgumentException("a run without logits needs an edit or a capture");
    }
  }

  /** Runs the model as it is and keeps the logits of every token. */
  public static RunOptions defaults() {
    return DEFAULTS;
  }

  /** Adds edits of one activation, after those that it already has. */
  public RunOptions edit(HookPoint point, Edit... more) {
    Map<HookPoint, List<Edit>> changed = new LinkedHashMap<>(edits);
    List<Edit> list = new ArrayList<>(edits.getOrDefault(point, List.of()));
    list.addAll(Arrays.asList(more));
    changed.put(point, list);
    return new RunOptions(changed, captured, logits);
  }

  /** Adds Java code that sees one activation, and may overwrite it. */
  public RunOptions hook(HookPoint point, ActivationHook hook) {
    return edit(point, Edit.call(hook));
  }

  /** Adds activations to those that the result has. */
  public RunOptions capture(HookPoint... points) {
    Set<HookPoint> changed = new LinkedHashSet<>(captured);
    changed.addAll(Arrays.asList(points));
    return new RunOptions(edits, changed, logits);
  }

  /** Keeps the logits of these tokens only. */
  public RunOptions logits(Positions positions) {
    return new RunOptions(edits, captured, Optional.of(positions));
  }

  /**
   * Keeps no logits: the run ends after its last hook point.
   *
   * @throws IllegalArgumentException if nothing is edited or captured
   */
  public RunOptions withoutLogits() {
    return new RunOptions(edits, captured, Optional.empty());
  }
}
