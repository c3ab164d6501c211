package org.sae4j.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.sae4j.Fixtures;
import org.sae4j.Model;
import org.sae4j.Sae;
import org.sae4j.tokens.Sequences;

/** Every number against the f64 reference, {@code test-data/expected/eval.json}. */
class EvaluationParityTest {
  private static final double RELATIVE = 1e-4;
  private static final double ABSOLUTE = 1e-6;

  private static Model model;
  private static Sequences tokens;
  private static JsonObject expected;

  @BeforeAll
  static void open() throws IOException {
    model = Fixtures.model();
    tokens = Fixtures.tokens();
    expected = Fixtures.json("expected/eval.json");
  }

  @AfterAll
  static void close() {
    model.close();
  }

  static Stream<String> saes() {
    return expected.keySet().stream();
  }

  @ParameterizedTest
  @MethodSource("saes")
  void everyNumber(String name) throws IOException {
    try (Sae sae = Fixtures.sae(name)) {
      check(name, Evaluation.of(model, sae).run(tokens));
    }
  }

  @Test
  void severalSaesAtOnce() throws IOException {
    List<Sae> saes = new ArrayList<>();
    try {
      List<String> names = saes().toList();
      for (String name : names) {
        saes.add(Fixtures.sae(name));
      }
      List<EvaluationResult> results = Evaluation.of(model, saes).runAll(tokens);
      for (int i = 0; i < names.size(); i++) {
        check(names.get(i), results.get(i));
      }
    } finally {
      saes.forEach(Sae::close);
    }
  }

  private static void check(String name, EvaluationResult result) {
    JsonObject wanted = expected.getAsJsonObject(name);
    assertThat(result.hook().name()).isEqualTo(wanted.get("hook").getAsString());
    assertThat(result.undefined()).isEmpty();
    for (Map.Entry<String, JsonElement> entry : wanted.getAsJsonObject("results").entrySet()) {
      double value = entry.getValue().getAsDouble();
      assertThat(result.values().get(entry.getKey()))
          .as("%s: %s", name, entry.getKey())
          .isCloseTo(value, tolerance(value));
    }
    JsonArray byPosition = wanted.getAsJsonArray("kl_by_position");
    assertThat(result.klByPosition()).hasSize(byPosition.size());
    for (int p = 0; p < byPosition.size(); p++) {
      double value = byPosition.get(p).getAsDouble();
      assertThat(result.klByPosition().get(p))
          .as("%s: kl at position %d", name, p)
          .isCloseTo(value, tolerance(value));
    }
  }

  private static Offset<Double> tolerance(double value) {
    return within(Math.max(ABSOLUTE, RELATIVE * Math.abs(value)));
  }
}
