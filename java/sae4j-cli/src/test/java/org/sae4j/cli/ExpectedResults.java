package org.sae4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import org.assertj.core.data.Offset;
import org.sae4j.testing.TestData;

/** What the reference implementation finds for the SAEs in test-data. */
public final class ExpectedResults {
  /** The keys that cli.md promises, to the letter. */
  public static final List<String> KEYS =
      List.of(
          "kl",
          "delta_ce",
          "ce_clean",
          "ce_sae",
          "ce_zero",
          "ce_mean",
          "kl_zero",
          "kl_mean",
          "ce_loss_score",
          "kl_score",
          "top1_agreement",
          "mse",
          "normalized_mse",
          "explained_variance",
          "cosine_similarity",
          "l2_ratio",
          "relative_reconstruction_bias",
          "l0",
          "l1",
          "dead_fraction",
          "tokens",
          "seconds",
          "tokens_per_second",
          "sequences",
          "stopped_early",
          "ci95",
          "kl_by_position",
          "delta_ce_by_position",
          "by_token_frequency",
          "density");

  private static final double RELATIVE = 1e-4;
  private static final double ABSOLUTE = 1e-6;

  private ExpectedResults() {}

  /** Fails unless every number is the reference's, and all of the reference's are there. */
  public static void checkAll(String sae, JsonObject results) throws IOException {
    assertThat(results.keySet()).containsAll(of(sae).keySet());
    JsonObject shared = new JsonObject();
    of(sae).keySet().forEach(key -> shared.add(key, results.get(key)));
    check(sae, shared);
  }

  /** Fails unless these numbers are the reference's. */
  public static void check(String sae, JsonObject results) throws IOException {
    JsonObject expected = of(sae);
    for (String key : results.keySet()) {
      double value = expected.get(key).getAsDouble();
      assertThat(results.get(key).getAsDouble())
          .as(sae + " " + key)
          .isCloseTo(value, within(Math.max(ABSOLUTE, RELATIVE * Math.abs(value))));
    }
  }

  private static Offset<Double> within(double tolerance) {
    return Offset.offset(tolerance);
  }

  private static JsonObject of(String sae) throws IOException {
    String text = Files.readString(TestData.path("expected/eval.json"));
    JsonObject all = JsonParser.parseString(text).getAsJsonObject();
    return all.getAsJsonObject(sae).getAsJsonObject("results");
  }
}
