package org.sae4j.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.sae4j.cli.CommandRun;
import org.sae4j.cli.ExpectedResults;
import org.sae4j.cli.TestArguments;

class DemoCommandTest {
  @Test
  void tellsTheStory() {
    CommandRun run = CommandRun.of("demo");

    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.out())
        .contains("2,048 tokens", TestArguments.HOOK, "KL", "zero", "mean", "sae4j eval --model");
    assertThat(run.out()).contains("128 runs", "next 16 positions", "sae4j ablate --model");
    assertThat(run.out().lines().count()).isLessThanOrEqualTo(28);
  }

  @Test
  void numbersAreAsInEval() {
    JsonObject document = CommandRun.of("demo", "--json", "-").json();

    JsonObject results = document.getAsJsonObject("results");
    JsonObject ablation = results.remove("ablation").getAsJsonObject();
    results = CommandRun.onlySae(document);
    assertThat(results.remove("sae").getAsString())
        .isEqualTo("jar:/demo/saes/openai/resid_post_mlp_layer3_k16.pt");
    assertThat(results.remove("hook").getAsString()).isEqualTo(TestArguments.HOOK);
    assertThat(results.keySet()).containsExactlyElementsOf(ExpectedResults.KEYS);
    assertThat(results.get("tokens").getAsInt()).isEqualTo(2048);
    assertThat(results.get("ce_loss_score").getAsDouble()).isBetween(0.96, 0.98);
    assertThat(ablation.get("pairs").getAsInt()).isEqualTo(128);
    assertThat(ablation.get("mean").getAsDouble()).isBetween(0.05, 0.5);
    JsonObject model = document.getAsJsonArray("inputs").get(0).getAsJsonObject();
    assertThat(model.get("path").getAsString()).isEqualTo("jar:/demo/model-q8_0.gguf");
  }

  @Test
  void leavesNothingBehind() throws IOException {
    Path model;
    try (DemoFiles files = DemoFiles.extract()) {
      model = files.model();
      assertThat(model).isRegularFile();
    }
    assertThat(model.getParent()).doesNotExist();
  }
}
