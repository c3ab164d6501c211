package org.sae4j;

import java.util.Objects;
import java.util.Optional;
import org.sae4j.arch.HookPoint;

/**
 * Where an SAE reads, and which activation its output replaces.
 *
 * @param sae the SAE, which stays the caller's to close
 * @param in the activation that is read
 * @param out the one that is replaced: another than {@code in} only for a transcoder
 */
public record Splice(Sae sae, HookPoint in, HookPoint out) {

  public Splice {
    Objects.requireNonNull(sae, "sae");
    Objects.requireNonNull(in, "in");
    Objects.requireNonNull(out, "out");
  }

  /**
   * Finds an SAE's place in a model.
   *
   * @param hook what the caller says; empty: what the SAE's configuration names
   * @throws IllegalArgumentException if SAE, hook and model do not fit together
   */
  public static Splice of(Sae sae, Optional<HookPoint> hook, Model model) {
    if (hook.isPresent()) {
      sae.requireNoTranscoder("replacing " + hook.get());
    }
    Splice splice =
        new Splice(sae, named(sae, hook.or(sae::hook)), named(sae, hook.or(sae::hookOut)));
    hook.ifPresent(sae::requireOwnBiases);
    sae.requireWidth(splice.in, model.width(splice.in));
    sae.requireOutputWidth(splice.out, model.width(splice.out));
    return splice;
  }

  private static HookPoint named(Sae sae, Optional<HookPoint> hook) {
    return hook.orElseThrow(
        () ->
            new IllegalArgumentException(
                sae.name() + " does not say which activation it is for: give a hook"));
  }
}
