package org.sae4j.latents;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.sae4j.arch.HookPoint;

/**
 * What was found about the latents of an SAE.
 *
 * @param hook the activation that the SAE read
 * @param hookOut the activation that its output belongs to: another only for a transcoder
 * @param options how the study was done
 * @param latents what was found about each latent that was asked for
 * @param tokens the tokens counted
 * @param sequences the sequences run
 * @param tokensRun all tokens of these sequences
 * @param withoutLogits why no promoted and suppressed tokens are listed, if they are not
 * @param seconds the time that it took
 */
public record LatentStudyResult(
    HookPoint hook,
    HookPoint hookOut,
    LatentStudyOptions options,
    List<LatentProfile> latents,
    long tokens,
    long sequences,
    long tokensRun,
    Optional<String> withoutLogits,
    double seconds) {

  public LatentStudyResult {
    Objects.requireNonNull(hook, "hook");
    Objects.requireNonNull(hookOut, "hookOut");
    Objects.requireNonNull(options, "options");
    Objects.requireNonNull(withoutLogits, "withoutLogits");
    latents = List.copyOf(latents);
  }
}
