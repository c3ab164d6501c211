package org.sae4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.sae4j.eval.Evaluation;
import org.sae4j.eval.EvaluationResult;
import org.sae4j.eval.Metric;
import org.sae4j.tokens.Sequences;

/** A head that differs from the embedding to which the config ties it, as transformers takes it. */
class OwnHeadTest {
  private static final Path CASE = Fixtures.path("cases/tied-with-own-head");

  @Test
  void theHeadCounts() throws IOException {
    try (Model model = Model.open(CASE.resolve("model"));
        Sae sae = Sae.open(CASE.resolve("sae"))) {
      Sequences tokens = Sequences.fromJson(CASE.resolve("tokens.json"));
      EvaluationResult result = Evaluation.of(model, sae).run(tokens);
      assertThat(result.get(Metric.KL)).isCloseTo(1.211347, within(1e-5));
      assertThat(result.get(Metric.CE_CLEAN)).isCloseTo(5.449307, within(1e-5));
      assertThat(model.shape().tied()).isFalse();
      assertThat(model.assumptions())
          .containsExactly(
              "lm_head.weight as the unembedding: it differs from transformer.wte.weight, to which"
                  + " config.json ties it");
    }
  }
}
