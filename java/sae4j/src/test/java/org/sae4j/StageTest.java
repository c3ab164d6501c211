package org.sae4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Variants of an activation: the numbers of plain runs, and order when things go wrong. */
@Timeout(120)
class StageTest {
  private static final int T = 20;
  private static final Consumer<VariantEffect> IGNORE = effect -> {};

  private static Model model;
  private static int[] tokens;
  private static int[] others;

  private Session session;
  private Stage stage;

  @BeforeAll
  static void open() throws IOException {
    model = Fixtures.model();
    tokens = Fixtures.tokens().sequence(0);
    others = Fixtures.tokens().sequence(1);
  }

  @AfterAll
  static void close() {
    model.close();
  }

  @BeforeEach
  void stage() {
    session = model.newSession(new SessionOptions(1));
    stage = session.stage(tokens, Fixtures.HOOK);
  }

  @AfterEach
  void closeStage() {
    stage.close();
    session.close();
  }

  /** Three activations of other tokens, in place of the one at T. */
  private Variants variants(int future) {
    float[] x = stage.activation(T);
    return Variants.at(T, future, x, stage.activation(3), stage.activation(4), new float[192]);
  }

  private List<VariantEffect> run(Variants variants) {
    List<VariantEffect> effects = new ArrayList<>();
    stage.run(variants, effects::add);
    return effects;
  }

  /** Logits of the plain run with this activation at T, [future, vocabulary]. */
  private float[] plain(int future, float[] value, Edit... before) {
    float[] rows = new float[tokens.length * value.length];
    System.arraycopy(value, 0, rows, T * value.length, value.length);
    RunOptions options =
        RunOptions.defaults()
            .edit(Fixtures.HOOK, before)
            .edit(Fixtures.HOOK, Edit.tensor(rows).at(Positions.of(T)));
    float[] all = session.run(Sequences.of(tokens), options).logits().toArray();
    return Arrays.copyOfRange(all, T * 2048, (T + future) * 2048);
  }

  @Test
  void theActivationIsTheCleanOne() {
    float[] clean =
        session
            .run(Sequences.of(tokens), RunOptions.defaults().capture(Fixtures.HOOK).withoutLogits())
            .activation(Fixtures.HOOK)
            .toArray();
    assertThat(stage.activation()).isEqualTo(clean);
    assertThat(stage.activation(T)).isEqualTo(Arrays.copyOfRange(clean, T * 192, (T + 1) * 192));
    assertThat(stage.tokens()).isEqualTo(64);
    assertThat(stage.width()).isEqualTo(192);
    assertThat(stage.hook()).isEqualTo(Fixtures.HOOK);
    assertThatThrownBy(() -> stage.activation(64)).isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void logitsAreThoseOfAPlainRun() {
    Variants variants = variants(16).withLogits(true);
    List<VariantEffect> effects = run(variants);
    assertThat(effects).extracting(VariantEffect::index).containsExactly(0, 1, 2);
    for (VariantEffect effect : effects) {
      float[] value =
          Arrays.copyOfRange(variants.values(), effect.index() * 192, effect.index() * 192 + 192);
      assertThat(Fixtures.distance(effect.logits(), plain(16, value))).isLessThan(1e-3);
    }
  }

  @Test
  void theContextIsWhatOtherPositionsHold() throws IOException {
    try (Sae sae = Fixtures.sae(Fixtures.SAE_K16)) {
      stage.setContext(sae.reconstruct(stage.activation()));
      Variants variants = variants(8).withLogits(true);
      float[] value = Arrays.copyOf(variants.values(), 192);
      float[] expected = plain(8, value, Edit.reconstruct(sae));
      assertThat(Fixtures.distance(run(variants).get(0).logits(), expected)).isLessThan(1e-3);
      stage.setCleanContext();
      assertThat(Fixtures.distance(run(variants).get(0).logits(), plain(8, value)))
          .isLessThan(1e-3);
    }
  }

  @Test
  void effectsAddUp() {
    for (VariantEffect effect : run(variants(16).withTopTokens(7).withLogits(true))) {
      assertThat(effect.kl())
          .isCloseTo(Arrays.stream(effect.rowKl()).average().orElseThrow(), within(1e-12));
      assertThat(effect.deltaCe())
          .isCloseTo(Arrays.stream(effect.rowDeltaCe()).average().orElseThrow(), within(1e-12));
      assertThat(effect.rowSparsity())
          .isCloseTo(Arrays.stream(effect.rowSparsities()).average().orElseThrow(), within(1e-12));
      assertThat(effect.effectiveTokens()).isBetween(1.0, 16 * 2048.0);
      assertThat(effect.topUp()).hasSize(7).doesNotContain(effect.topDown());
      assertThat(effect.isNone()).isFalse();
    }
  }

  @Test
  void theBaseItselfChangesNothing() {
    float[] x = stage.activation(T);
    VariantEffect effect = run(Variants.at(T, 4, x, x)).get(0);
    assertThat(effect.isNone()).isTrue();
    assertThat(effect.kl()).isCloseTo(0, within(1e-9));
    assertThat(effect.rowSparsities()).containsOnly(Double.NaN);
    assertThat(effect.topUp()).isEmpty();
    assertThat(effect.logits()).isEmpty();
  }

  @Test
  void theLastTokenHasNoNextOne() {
    float[] x = stage.activation(63);
    VariantEffect effect = run(Variants.at(63, 1, x, new float[192])).get(0);
    assertThat(effect.deltaCe()).isNaN();
    assertThat(effect.kl()).isPositive();
  }

  @Test
  void anActivationOfAnotherPromptCanBePatchedIn() {
    try (Stage donor = session.stage(others, Fixtures.HOOK)) {
      List<VariantEffect> effects = new ArrayList<>();
      stage.run(
          Variants.at(T, 1, stage.activation(T), donor.activation(T)).withLogits(true),
          effect -> {
            // The clean activation can be read meanwhile.
            assertThat(donor.activation(T)).isNotEqualTo(stage.activation(T));
            effects.add(effect);
          });
      assertThat(effects.get(0).kl()).isPositive();
      assertThat(Fixtures.distance(effects.get(0).logits(), plain(1, donor.activation(T))))
          .isLessThan(1e-3);
    }
  }

  @Test
  void steeringFurtherChangesMore() {
    float[] x = stage.activation(T);
    float[] direction = stage.activation(T - 1);
    float[][] steered = new float[5][];
    for (int i = 0; i < steered.length; i++) {
      steered[i] = x.clone();
      for (int c = 0; c < x.length; c++) {
        steered[i][c] += i * 0.25f * direction[c];
      }
    }
    List<VariantEffect> sweep = run(Variants.at(T, 16, x, steered));
    assertThat(sweep.get(0).isNone()).isTrue();
    assertThat(sweep).extracting(VariantEffect::kl).isSorted();
    assertThat(sweep.get(4).kl()).isGreaterThan(1e-3);
  }

  @Test
  void noVariantsAreNoWork() {
    stage.run(Variants.at(T, 4, stage.activation(T)), effect -> assertThat(effect).isNull());
  }

  @Test
  void whatAListenerThrowsReachesTheCallerUnchanged() {
    Exception thrown = new IOException("checked");
    List<Integer> heard = new ArrayList<>();
    assertThatThrownBy(
            () ->
                stage.run(
                    variants(4),
                    effect -> {
                      heard.add(effect.index());
                      StageTest.<RuntimeException>sneaky(thrown);
                    }))
        .isSameAs(thrown);
    assertThat(heard).containsExactly(0);
    assertThat(run(variants(4))).hasSize(3);
  }

  @SuppressWarnings("unchecked")
  private static <E extends Throwable> void sneaky(Throwable thrown) throws E {
    throw (E) thrown;
  }

  @Test
  void aListenerMayNotUseOrCloseWhatRunsIt() {
    assertThatThrownBy(() -> stage.run(variants(4), effect -> stage.run(variants(4), IGNORE)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("from a hook of its own run");
    assertThatThrownBy(() -> stage.run(variants(4), effect -> stage.setCleanContext()))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> stage.run(variants(4), effect -> stage.close()))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("cannot be closed");
    assertThat(run(variants(4))).hasSize(3);
  }

  @Test
  void aListenerMayUseAnotherSession() {
    try (Session other = model.newSession(new SessionOptions(1));
        Stage inner = other.stage(others, Fixtures.HOOK)) {
      List<Double> heard = new ArrayList<>();
      stage.run(variants(4), effect -> inner.run(variants(4), within -> heard.add(within.kl())));
      assertThat(heard).hasSize(9);
    }
  }

  @Test
  void aSecondThreadIsToldAndClosingWaits() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(2);
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch leave = new CountDownLatch(1);
    Variants variants = variants(4);
    Future<?> run =
        threads.submit(
            () ->
                stage.run(
                    variants,
                    effect -> {
                      inside.countDown();
                      await(leave);
                    }));
    inside.await();
    assertThatThrownBy(() -> stage.run(variants, IGNORE))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("in use by thread");
    Future<?> close = threads.submit(stage::close);
    Thread.sleep(50);
    assertThat(close.isDone()).isFalse();
    leave.countDown();
    run.get(60, TimeUnit.SECONDS);
    close.get(60, TimeUnit.SECONDS);
    threads.shutdown();
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void closedHandlesSaySo() throws IOException {
    Model own = Fixtures.model();
    Session ownSession = own.newSession(new SessionOptions(1));
    Stage first = ownSession.stage(tokens, Fixtures.HOOK);
    Stage second = ownSession.stage(tokens, Fixtures.HOOK);
    Variants variants = variants(4);
    first.close();
    first.close();
    assertClosed("stage", () -> first.run(variants, IGNORE));
    assertClosed("stage", first::activation);
    assertClosed("stage", first::setCleanContext);
    own.close();
    assertClosed("model", () -> second.run(variants, IGNORE));
    assertClosed("model", () -> ownSession.stage(tokens, Fixtures.HOOK));
    ownSession.close();
    assertClosed("session", () -> second.run(variants, IGNORE));
    assertThat(second.activation(T)).isEqualTo(stage.activation(T));
    second.close();
  }

  private static void assertClosed(String what, Runnable call) {
    assertThatThrownBy(call::run)
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("this " + what + " is closed");
  }

  @Test
  void whatDoesNotFitIsRefused() {
    float[] x = stage.activation(T);
    assertRefused(
        () -> stage.run(Variants.at(60, 5, x, x), IGNORE), "found 4: the sequence has 64");
    assertRefused(() -> stage.run(Variants.at(64, 1, x, x), IGNORE), "found 0");
    assertRefused(() -> stage.run(Variants.at(Integer.MAX_VALUE, 1, x, x), IGNORE), "found 0");
    assertRefused(
        () -> stage.run(Variants.at(1, 1, new float[5], new float[5]), IGNORE), "found 5");
    assertRefused(() -> stage.run(Variants.at(1, 1, x, x).withTopTokens(2049), IGNORE), "2048");
    assertRefused(() -> Variants.at(-1, 1, x), "position");
    assertRefused(() -> Variants.at(1, 0, x), "future");
    assertRefused(() -> Variants.at(1, 1, x, new float[3]), "variant 0: expected 192");
    assertRefused(() -> stage.setContext(new float[192]), "64 tokens of width 192, found 192");
    assertRefused(() -> session.stage(new int[0], Fixtures.HOOK), "empty");
    assertRefused(() -> session.stage(new int[] {2048}, Fixtures.HOOK), "0 to 2047");
    assertRefused(() -> session.stage(tokens, HookPoint.residPost(6)), "layers 0 to 5");
  }

  private static void assertRefused(Runnable call, String part) {
    assertThatThrownBy(call::run)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(part);
  }

  @Test
  void whatIsNoNumberIsRefused() {
    float[] bad = new float[192];
    bad[7] = Float.NaN;
    assertThatThrownBy(() -> run(Variants.at(T, 4, stage.activation(T), bad)))
        .isInstanceOf(NotFiniteException.class)
        .hasMessageContaining("variant 0 at position 20");
    assertThat(run(variants(4))).hasSize(3);
  }
}
