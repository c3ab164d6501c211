package org.sae4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.sae4j.arch.HookPoint;
import org.sae4j.arch.Site;
import org.sae4j.tokens.Positions;
import org.sae4j.tokens.Sequences;

/** Edits by the engine and edits by Java hooks: the same numbers, bit for bit. */
class EditTest {
  private static final Positions SOME = Positions.of(0, 7, 40);

  private static Model model;
  private static Session session;
  private static Sequences tokens;
  private static Sae sae;
  private static int width;

  @BeforeAll
  static void open() throws IOException {
    model = Fixtures.model();
    session = model.newSession(new SessionOptions(1));
    tokens = Fixtures.firstTwo();
    sae = Fixtures.sae(Fixtures.SAE_K16);
    width = model.shape().embedding();
  }

  @AfterAll
  static void close() {
    session.close();
    sae.close();
    model.close();
  }

  private static float[] logits(RunOptions options) {
    return session.run(tokens, options).logits().toArray();
  }

  private static float[] logits(HookPoint point, Edit... edits) {
    return logits(RunOptions.defaults().edit(point, edits));
  }

  private static float[] activation(HookPoint point, Sequences sequences) {
    return session
        .run(sequences, RunOptions.defaults().capture(point).withoutLogits())
        .activation(point)
        .toArray();
  }

  private static float[] ramp() {
    float[] ramp = new float[width];
    for (int i = 0; i < width; i++) {
      ramp[i] = (i - 90) / 50f;
    }
    return ramp;
  }

  @Test
  void watchingChangesNothing() {
    float[] plain = session.run(tokens).logits().toArray();
    List<String> seen = new ArrayList<>();
    RunOptions options = RunOptions.defaults();
    for (HookPoint point : model.hookPoints()) {
      options = options.hook(point, (p, activation) -> seen.add(p.name()));
    }
    assertThat(logits(options)).isEqualTo(plain);
    assertThat(seen)
        .containsExactlyElementsOf(model.hookPoints().stream().map(HookPoint::name).toList());
  }

  static List<HookPoint> pointsThatDetermineTheLogits() {
    List<HookPoint> points = new ArrayList<>();
    for (int layer = 0; layer < 6; layer++) {
      points.add(HookPoint.residPre(layer));
      points.add(HookPoint.residMid(layer));
      points.add(HookPoint.residPost(layer));
    }
    points.add(HookPoint.standardized());
    points.add(HookPoint.normalized());
    return points;
  }

  @ParameterizedTest
  @MethodSource("pointsThatDetermineTheLogits")
  void transplantedActivationsGiveTheDonorsLogits(HookPoint point) throws IOException {
    Sequences donor = Sequences.of(Fixtures.tokens().sequence(5), Fixtures.tokens().sequence(6));
    float[] expected = session.run(donor).logits().toArray();
    float[] activation = activation(point, donor);
    assertThat(logits(point, Edit.tensor(activation))).isEqualTo(expected);
    assertThat(
            logits(RunOptions.defaults().hook(point, (p, view) -> view.floats().put(activation))))
        .isEqualTo(expected);
  }

  @ParameterizedTest
  @EnumSource(Site.class)
  void everySiteTakesEdits(Site site) {
    HookPoint point = new HookPoint(site, site.isLayered() ? 2 : 0);
    float[] byEngine = logits(point, Edit.zero().at(SOME));
    float[] byJava =
        logits(
            RunOptions.defaults()
                .hook(
                    point,
                    (p, view) -> {
                      for (int s = 0; s < 2; s++) {
                        for (int position : new int[] {0, 7, 40}) {
                          view.row(s, position).put(new float[view.width()]);
                        }
                      }
                    }));
    assertThat(byEngine).isEqualTo(byJava).isNotEqualTo(session.run(tokens).logits().toArray());
  }

  @Test
  void meanPutsTheSameRowEverywhere() {
    float[] row = ramp();
    float[] byJava =
        logits(
            RunOptions.defaults()
                .hook(
                    Fixtures.HOOK,
                    (p, view) -> {
                      for (int t = 0; t < view.tokens(); t++) {
                        view.row(t).put(row);
                      }
                    }));
    assertThat(logits(Fixtures.HOOK, Edit.mean(row))).isEqualTo(byJava);
  }

  @Test
  void addSteers() {
    float[] vector = ramp();
    float[] byJava =
        logits(
            RunOptions.defaults()
                .hook(
                    Fixtures.HOOK,
                    (p, view) -> {
                      for (int s = 0; s < 2; s++) {
                        for (int position = 1; position < 64; position++) {
                          for (int c = 0; c < width; c++) {
                            float x = view.get(s, position, c);
                            view.set(s, position, c, x + vector[c]);
                          }
                        }
                      }
                    }));
    assertThat(logits(Fixtures.HOOK, Edit.add(vector).at(Positions.allButFirst())))
        .isEqualTo(byJava);
  }

  @Test
  void reconstructIsWhatTheSaeDoes() {
    float[] byJava =
        logits(
            RunOptions.defaults()
                .hook(Fixtures.HOOK, (p, view) -> sae.reconstruct(view.floats(), view.floats())));
    assertThat(Fixtures.distance(logits(Fixtures.HOOK, Edit.reconstruct(sae)), byJava))
        .isLessThan(1e-4);
  }

  @Test
  void editsAreDoneInOrder() {
    RunOptions options =
        RunOptions.defaults()
            .edit(Fixtures.HOOK, Edit.zero(), Edit.add(ramp()))
            .capture(Fixtures.HOOK);
    ActivationView after = session.run(tokens, options).activation(Fixtures.HOOK);
    float[] row = new float[width];
    after.row(1, 63).get(row);
    assertThat(row).isEqualTo(ramp());
    assertThat(logits(Fixtures.HOOK, Edit.add(ramp()), Edit.zero()))
        .isEqualTo(logits(Fixtures.HOOK, Edit.zero()));
  }

  @Test
  void severalPointsInOneRun() {
    RunOptions both =
        RunOptions.defaults()
            .edit(HookPoint.attnOut(1), Edit.zero())
            .edit(HookPoint.mlpOut(4), Edit.zero())
            .capture(HookPoint.attnOut(1), HookPoint.mlpOut(4), HookPoint.residPre(0));
    RunResult result = session.run(tokens, both);
    assertThat(result.activation(HookPoint.attnOut(1)).toArray()).containsOnly(0f);
    assertThat(result.activation(HookPoint.mlpOut(4)).toArray()).containsOnly(0f);
    assertThat(result.activation(HookPoint.residPre(0)).toArray())
        .isEqualTo(activation(HookPoint.residPre(0), tokens));
  }

  @Test
  void directBuffersAreReadInPlaceAndHeapBuffersCopied() {
    float[] rows = activation(Fixtures.HOOK, tokens);
    FloatBuffer direct =
        java.nio.ByteBuffer.allocateDirect(4 * rows.length + 4)
            .order(java.nio.ByteOrder.nativeOrder())
            .asFloatBuffer();
    direct.position(1);
    direct.slice().put(rows);
    FloatBuffer bigEndian =
        java.nio.ByteBuffer.allocateDirect(4 * rows.length).asFloatBuffer().put(rows).flip();
    float[] plain = session.run(tokens).logits().toArray();
    assertThat(logits(Fixtures.HOOK, Edit.tensor(direct))).isEqualTo(plain);
    assertThat(logits(Fixtures.HOOK, Edit.tensor(bigEndian))).isEqualTo(plain);
    assertThat(logits(Fixtures.HOOK, Edit.tensor(rows))).isEqualTo(plain);
    Arrays.fill(rows, 0);
    direct.slice().put(rows);
    assertThat(logits(Fixtures.HOOK, Edit.tensor(direct)))
        .isEqualTo(logits(Fixtures.HOOK, Edit.zero()));
  }

  @Test
  void onlySomeTokenIds() {
    float[] edited =
        session
            .run(
                tokens,
                RunOptions.defaults()
                    .edit(Fixtures.HOOK, Edit.zero().at(Positions.exceptTokens(tokens.token(0, 3))))
                    .capture(Fixtures.HOOK)
                    .withoutLogits())
            .activation(Fixtures.HOOK)
            .toArray();
    float[] clean = activation(Fixtures.HOOK, tokens);
    for (int t = 0; t < tokens.tokens(); t++) {
      boolean kept = tokens.ids()[t] == tokens.token(0, 3);
      assertThat(edited[t * width]).isEqualTo(kept ? clean[t * width] : 0);
    }
  }

  @Test
  void whatDoesNotFitIsRefused() {
    assertThatThrownBy(() -> logits(Fixtures.HOOK, Edit.mean(new float[5])))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "the row to put at blocks.3.hook_resid_post: expected 192 floats, the activation's"
                + " width, found 5");
    assertThatThrownBy(() -> logits(Fixtures.HOOK, Edit.tensor(new float[192])))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("128 tokens of width 192, found 192");
    assertThatThrownBy(() -> logits(HookPoint.mlpPost(3), Edit.reconstruct(sae)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("expected width 768")
        .hasMessageContaining("found 192");
    assertThatThrownBy(() -> logits(HookPoint.residPost(6), Edit.zero()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("the model has layers 0 to 5");
  }
}
