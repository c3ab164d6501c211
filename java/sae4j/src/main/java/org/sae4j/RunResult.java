package org.sae4j;

import java.util.Map;
import java.util.Optional;
import org.sae4j.arch.HookPoint;
import org.sae4j.memory.Lifespan;
import org.sae4j.tokens.Sequences;

/**
 * What one run of a model left behind.
 *
 * <p>Activations and logits are windows on the session's memory: good until its next run, which
 * overwrites them, or until it is closed. Asking later throws; copies made before stay.
 */
public final class RunResult {
  private final Sequences sequences;
  private final RunOptions options;
  private final Map<HookPoint, ActivationView> activations;
  private final Optional<Logits> logits;
  private final Lifespan lifespan;

  RunResult(
      Sequences sequences,
      RunOptions options,
      Map<HookPoint, ActivationView> activations,
      Optional<Logits> logits,
      Lifespan lifespan) {
    this.sequences = sequences;
    this.options = options;
    this.activations = activations;
    this.logits = logits;
    this.lifespan = lifespan;
  }

  /** The sequences that were run. */
  public Sequences sequences() {
    return sequences;
  }

  /** What the run was asked to do. */
  public RunOptions options() {
    return options;
  }

  /**
   * A captured activation, as it was after its edits.
   *
   * @throws IllegalArgumentException if the run was not asked to capture it
   * @throws IllegalStateException if the session has run again, or is closed
   */
  public ActivationView activation(HookPoint point) {
    lifespan.require();
    ActivationView view = activations.get(point);
    if (view == null) {
      throw new IllegalArgumentException(
          "this run did not capture " + point + ", only " + options.captured());
    }
    return view;
  }

  /**
   * The logits.
   *
   * @throws IllegalArgumentException if the run was asked for none
   * @throws IllegalStateException if the session has run again, or is closed
   */
  public Logits logits() {
    lifespan.require();
    return logits.orElseThrow(() -> new IllegalArgumentException("this run kept no logits"));
  }
}
