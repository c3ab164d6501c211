package org.sae4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sae4j.arch.HookPoint;
import org.sae4j.arch.ModelShape;
import org.sae4j.tokens.Positions;
import org.sae4j.tokens.Sequences;

/** What a run does with values that are no numbers, wherever they come from. */
class NotFiniteRunTest {
  private static final ModelShape SHAPE = new ModelShape(2, 2, 8, 16, 16, 32, true, 1e-5f);
  private static final Sequences TOKENS = Sequences.of(new int[] {1, 2, 3, 4, 5}, new int[] {6, 7});

  private final Model model = Model.random(SHAPE, 1, ModelOptions.defaults());
  private final Session session = model.newSession(new SessionOptions(2));

  @AfterEach
  void close() {
    session.close();
    model.close();
  }

  static Stream<HookPoint> points() {
    try (Model any = Model.random(SHAPE, 1, ModelOptions.defaults())) {
      return any.hookPoints().stream();
    }
  }

  private void assertNotFinite(RunOptions options, String message) {
    float[] before = session.run(TOKENS).logits().toArray();
    assertThatThrownBy(() -> session.run(TOKENS, options))
        .isInstanceOf(NotFiniteException.class)
        .hasMessageContaining(message)
        .hasMessageContaining("expected finite numbers");
    assertThat(session.run(TOKENS).logits().toArray()).isEqualTo(before);
  }

  @ParameterizedTest
  @MethodSource("points")
  void whatAHookLeavesReachesTheLogits(HookPoint point) {
    RunOptions options = RunOptions.defaults().hook(point, (p, x) -> x.set(0, 3, 1, Float.NaN));
    assertNotFinite(options, " of token 3");
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
  void whatEditsPutThereReachesTheLogits(float bad) {
    float[] row = new float[SHAPE.embedding()];
    row[2] = bad;
    HookPoint point = HookPoint.residMid(1);
    assertNotFinite(RunOptions.defaults().edit(point, Edit.mean(row)), "logits of token 0");
    assertNotFinite(RunOptions.defaults().edit(point, Edit.add(row)), "logits of token 0");
  }

  @ParameterizedTest
  @MethodSource("points")
  void whatIsCapturedIsNumbersEvenWithoutLogits(HookPoint point) {
    RunOptions options =
        RunOptions.defaults()
            .capture(point)
            .withoutLogits()
            .hook(point, (p, x) -> x.set(1, 1, 0, Float.NEGATIVE_INFINITY));
    assertNotFinite(options, point + " of token 6");
  }

  @Test
  void logitsThatOverflowAreNoResult() {
    float[] huge = new float[SHAPE.embedding()];
    Arrays.fill(huge, 1e38f);
    huge[0] = -1e38f;
    ModelWeights weights =
        (name, rows, columns) -> {
          float[] values = new float[rows * columns];
          Arrays.fill(values, name.equals("token_embd.weight") ? 1e10f : 1);
          return values;
        };
    try (Model large = Model.of(SHAPE, weights, ModelOptions.defaults());
        Session own = large.newSession()) {
      RunOptions options = RunOptions.defaults().edit(HookPoint.normalized(), Edit.mean(huge));
      assertThatThrownBy(() -> own.run(TOKENS, options)).isInstanceOf(NotFiniteException.class);
    }
  }

  /** A token sees no later one. */
  @Test
  void logitsThatAreNotTouchedAreGood() {
    float[] row = new float[SHAPE.embedding()];
    row[2] = Float.NaN;
    RunOptions options =
        RunOptions.defaults()
            .edit(HookPoint.residMid(1), Edit.mean(row).at(Positions.of(4)))
            .logits(Positions.of(0, 1));
    assertThat(session.run(TOKENS, options).logits().toArray()).doesNotContain(Float.NaN);
  }
}
