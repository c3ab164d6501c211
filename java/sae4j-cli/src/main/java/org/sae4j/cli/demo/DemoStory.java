package org.sae4j.cli.demo;

import java.io.PrintWriter;
import java.util.Locale;
import org.sae4j.Model;
import org.sae4j.Sae;
import org.sae4j.ablation.AblationSummary;
import org.sae4j.cli.terminal.Figures;
import org.sae4j.eval.EvaluationResult;
import org.sae4j.eval.Metric;
import org.sae4j.results.ModelDescription;
import org.sae4j.tokens.Sequences;

/** Explains the results of the demo to a newcomer. */
final class DemoStory {
  private DemoStory() {}

  static void print(
      Model model,
      Sae sae,
      Sequences sequences,
      EvaluationResult result,
      AblationSummary ablation,
      PrintWriter out) {
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
        result.get(Metric.L0),
        sae.config().dSae(),
        Figures.of(result.get(Metric.KL)),
        Figures.of(result.get(Metric.CE_CLEAN)),
        Figures.of(result.get(Metric.CE_SAE)),
        Figures.signed(result.get(Metric.DELTA_CE)),
        Figures.of(result.get(Metric.CE_MEAN)),
        Figures.of(result.get(Metric.CE_ZERO)),
        Figures.of(result.get(Metric.CE_LOSS_SCORE)),
        Figures.percent(result.get(Metric.TOP1_AGREEMENT)),
        Figures.of(result.get(Metric.EXPLAINED_VARIANCE)),
        result.tokensPerSecond(),
        result.options().threads(),
        ablation.options().sample().orElseThrow().count(),
        ablation.pairs(),
        ablation.seconds(),
        Figures.percent(ablation.mean()),
        ablation.options().future());
  }
}
