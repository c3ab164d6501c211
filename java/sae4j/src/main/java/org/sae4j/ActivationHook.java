package org.sae4j;

import org.sae4j.arch.HookPoint;

/**
 * Sees an activation while the model runs, and may overwrite it.
 *
 * <p>Called on the thread that called {@link Session#run}. What it throws ends the run and reaches
 * the caller of {@code run} unchanged, checked exceptions included; session and model stay usable.
 * The session itself cannot be used from a hook; other sessions can.
 */
@FunctionalInterface
public interface ActivationHook {

  /**
   * Sees one activation of one run.
   *
   * @param point where the activation is
   * @param activation the model's own memory: what is written here is what the model goes on with
   */
  void accept(HookPoint point, ActivationView activation) throws Exception;
}
