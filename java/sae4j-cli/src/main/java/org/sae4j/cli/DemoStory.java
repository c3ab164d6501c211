package org.sae4j.cli;

import java.io.PrintWriter;
import java.util.Locale;
import org.sae4j.AblationSummary;
import org.sae4j.EvaluationResult;
import org.sae4j.EvaluationResult.Downstream;
import org.sae4j.Model;
import org.sae4j.Sae;
import org.sae4j.Sequences;
import org.sae4j.results.ModelDescription;

/** The demo's result, told to somebody who sees sae4j for the first time. */
final class DemoStory {
  private DemoStory() {}

  static void print(
      Model model,
      Sae sae,
      Sequences sequences,
      EvaluationResult result,
      AblationSummary ablation,
      PrintWriter out) {
    Downstream found = result.downstream();
    out.printf(
        Locale.ROOT,
        """
        A small GPT-2 (%s)
        read %,d tokens of a text that it has never seen. At %s, its activation
        (%d numbers per token) was replaced by a sparse autoencoder's reconstruction, decoded from
        %.1f of %,d latents per token. What this does to the next-token predictions:

          KL from the clean predictions      %s nats
          cross-entropy, clean               %s nats
          cross-entropy, reconstructed       %s nats   (delta CE %s: positive is worse)
          ... with the mean activation       %s
          ... with zero                      %s
          score                              %-8s  (1: as good as the clean model; 0: as bad as zero)
          same likeliest next token          %s of positions
          variance explained                 %s

        %,.0f tokens per second: clean, reconstructed, mean and zero, %d threads.

        Then the latents active at %d of the tokens were set to zero one by one: %,d runs, %.1f s.
        On average, one of them moves %s of the logits of the next %d positions. The smaller
        this share, the more specific a latent's effect.

        Next, with your own files (GPT-2 as GGUF or Hugging Face folder; SAE in any format):
          sae4j inspect MODEL SAE
          sae4j eval --model MODEL --sae SAE --text FILE.txt
          sae4j ablate --model MODEL --sae SAE --text FILE.txt
          sae4j eval --help
        """,
        ModelDescription.text(model.shape()),
        sequences.tokens(),
        result.hook(),
        sae.config().dIn(),
        result.reconstruction().l0(),
        sae.config().dSae(),
        Figures.of(found.kl()),
        Figures.of(found.ceClean()),
        Figures.of(found.ceSae()),
        Figures.signed(found.deltaCe()),
        Figures.of(found.ceMean()),
        Figures.of(found.ceZero()),
        Figures.of(found.ceLossScore()),
        Figures.percent(found.top1Agreement()),
        Figures.of(result.reconstruction().explainedVariance()),
        result.tokensPerSecond(),
        result.options().threads(),
        ablation.options().sample().orElseThrow().count(),
        ablation.pairs(),
        ablation.seconds(),
        Figures.percent(ablation.mean()),
        ablation.options().future());
  }
}
