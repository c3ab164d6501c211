package org.sae4j.ablation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.sae4j.Fixtures;
import org.sae4j.Model;
import org.sae4j.Sae;
import org.sae4j.arch.HookPoint;
import org.sae4j.tokens.Positions;
import org.sae4j.tokens.Sequences;

/** Every effect against the f64 reference, {@code test-data/expected/ablate.json}. */
class AblationParityTest {
  private static final double RELATIVE = 1e-3;
  private static final double ABSOLUTE_KL = 1e-6;

  private static Model model;
  private static Sequences tokens;
  private static JsonObject expected;

  @BeforeAll
  static void open() throws IOException {
    model = Fixtures.model();
    tokens = Sequences.fromJson(Fixtures.path("tokens/ablate.json"));
    expected = Fixtures.json("expected/ablate.json");
  }

  @AfterAll
  static void close() {
    model.close();
  }

  static Stream<Arguments> saesAndBaselines() {
    return expected.keySet().stream()
        .filter(name -> name.startsWith("saes/"))
        .flatMap(
            name ->
                Stream.of(AblationBaseline.values()).map(baseline -> Arguments.of(name, baseline)));
  }

  @ParameterizedTest
  @MethodSource("saesAndBaselines")
  void everyEffect(String name, AblationBaseline baseline) throws IOException {
    List<JsonObject> wanted = wanted(name, baseline);
    AblationOptions options =
        AblationOptions.defaults().withPositions(Positions.of(20, 40)).withBaseline(baseline);
    List<AblationEffect> found = new ArrayList<>();
    try (Sae sae = Fixtures.sae(name)) {
      AblationSummary summary = Ablation.of(model, sae).with(options).run(tokens, found::add);
      assertThat(summary.hook().name()).isEqualTo(hook(name));
      assertThat(summary.pairs()).isEqualTo(wanted.size());
      assertThat(summary.skipped()).isEmpty();
    }
    assertThat(found).hasSameSizeAs(wanted);
    for (int i = 0; i < wanted.size(); i++) {
      check(found.get(i), wanted.get(i));
    }
  }

  private static List<JsonObject> wanted(String name, AblationBaseline baseline) {
    List<JsonObject> wanted = new ArrayList<>();
    for (JsonElement effect : expected.getAsJsonObject(name).getAsJsonArray("effects")) {
      String own = effect.getAsJsonObject().get("baseline").getAsString();
      if (own.equals(baseline.name().toLowerCase(Locale.ROOT))) {
        wanted.add(effect.getAsJsonObject());
      }
    }
    return wanted;
  }

  private static String hook(String name) {
    return expected.getAsJsonObject(name).get("hook").getAsString();
  }

  private static void check(AblationEffect found, JsonObject wanted) {
    assertThat(found.sequence()).isEqualTo(wanted.get("sequence").getAsInt());
    assertThat(found.position()).isEqualTo(wanted.get("position").getAsInt());
    assertThat(found.ablated()).isEqualTo(wanted.get("latent").getAsInt());
    assertThat(found.activation())
        .isCloseTo(number(wanted, "activation"), relative(wanted, "activation"));
    double kl = number(wanted, "kl");
    assertThat(found.kl()).isCloseTo(kl, within(Math.max(ABSOLUTE_KL, RELATIVE * kl)));
    assertThat(found.isBelowNoise()).isEqualTo(kl < AblationEffect.NOISE);
    if (kl >= AblationEffect.NOISE) {
      assertThat(found.sparsity())
          .as("%s", wanted)
          .isCloseTo(number(wanted, "sparsity"), relative(wanted, "sparsity"));
      assertThat(found.rowSparsity())
          .as("%s", wanted)
          .isCloseTo(number(wanted, "row_sparsity"), relative(wanted, "row_sparsity"));
      assertThat(found.effectiveTokens()).isEqualTo(found.sparsity() * 2048 * 16);
    }
  }

  private static double number(JsonObject json, String key) {
    return json.get(key).getAsDouble();
  }

  private static Offset<Double> relative(JsonObject json, String key) {
    return within(RELATIVE * number(json, key));
  }

  @Test
  void everyChannel() throws IOException {
    JsonObject wanted = expected.getAsJsonObject("control_channels");
    JsonArray channels = wanted.getAsJsonArray("channels");
    AblationOptions options =
        AblationOptions.defaults()
            .withHook(HookPoint.of(wanted.get("hook").getAsString()))
            .withPositions(Positions.of(wanted.get("position").getAsInt()))
            .withControl(AblationControl.channels())
            .withMost(channels.size());
    List<AblationEffect> found = new ArrayList<>();
    try (Sae sae = Fixtures.sae(Fixtures.SAE_K16)) {
      Ablation.of(model, sae).with(options).run(tokens.first(tokens.length(0)), found::add);
    }
    assertThat(found).hasSize(channels.size());
    for (int i = 0; i < found.size(); i++) {
      assertThat(found.get(i).ablated()).isEqualTo(channels.get(i).getAsInt());
      double sparsity = wanted.getAsJsonArray("sparsity").get(i).getAsDouble();
      double rowSparsity = wanted.getAsJsonArray("row_sparsity").get(i).getAsDouble();
      assertThat(found.get(i).sparsity()).isCloseTo(sparsity, within(RELATIVE * sparsity));
      assertThat(found.get(i).rowSparsity()).isCloseTo(rowSparsity, within(RELATIVE * rowSparsity));
    }
  }
}
