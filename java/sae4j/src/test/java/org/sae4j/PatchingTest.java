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
import org.sae4j.arch.HookPoint;
import org.sae4j.tokens.Positions;
import org.sae4j.tokens.Sequences;

/** Patches of an activation: the numbers of plain runs, and order when things go wrong. */
@Timeout(120)
class PatchingTest {
  private static final int T = 20;
  private static final Consumer<PatchEffect> IGNORE = effect -> {};

  private static Model model;
  private static int[] tokens;
  private static int[] others;

  private Session session;
  private Patching patching;

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
  void patching() {
    session = model.newSession(new SessionOptions(1));
    patching = session.patching(tokens, Fixtures.HOOK);
  }

  @AfterEach
  void closeStage() {
    patching.close();
    session.close();
  }

  /** Three activations of other tokens, in place of the one at T. */
  private Patches patches(int future) {
    float[] x = patching.activation(T);
    return Patches.at(T, future, x, patching.activation(3), patching.activation(4), new float[192]);
  }

  private List<PatchEffect> run(Patches patches) {
    List<PatchEffect> effects = new ArrayList<>();
    patching.run(patches, effects::add);
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
    assertThat(patching.activation()).isEqualTo(clean);
    assertThat(patching.activation(T)).isEqualTo(Arrays.copyOfRange(clean, T * 192, (T + 1) * 192));
    assertThat(patching.tokens()).isEqualTo(64);
    assertThat(patching.width()).isEqualTo(192);
    assertThat(patching.hook()).isEqualTo(Fixtures.HOOK);
    assertThatThrownBy(() -> patching.activation(64)).isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void logitsAreThoseOfAPlainRun() {
    Patches patches = patches(16).withLogits(true);
    List<PatchEffect> effects = run(patches);
    assertThat(effects).extracting(PatchEffect::index).containsExactly(0, 1, 2);
    for (PatchEffect effect : effects) {
      float[] value =
          Arrays.copyOfRange(patches.values(), effect.index() * 192, effect.index() * 192 + 192);
      assertThat(Fixtures.distance(effect.logits(), plain(16, value))).isLessThan(1e-3);
    }
  }

  @Test
  void theContextIsWhatOtherPositionsHold() throws IOException {
    try (Sae sae = Fixtures.sae(Fixtures.SAE_K16)) {
      patching.setContext(sae.reconstruct(patching.activation()));
      Patches patches = patches(8).withLogits(true);
      float[] value = Arrays.copyOf(patches.values(), 192);
      float[] expected = plain(8, value, Edit.reconstruct(sae));
      assertThat(Fixtures.distance(run(patches).get(0).logits(), expected)).isLessThan(1e-3);
      patching.setCleanContext();
      assertThat(Fixtures.distance(run(patches).get(0).logits(), plain(8, value))).isLessThan(1e-3);
    }
  }

  @Test
  void effectsAddUp() {
    for (PatchEffect effect : run(patches(16).withTopTokens(7).withLogits(true))) {
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
    float[] x = patching.activation(T);
    PatchEffect effect = run(Patches.at(T, 4, x, x)).get(0);
    assertThat(effect.isNone()).isTrue();
    assertThat(effect.kl()).isCloseTo(0, within(1e-9));
    assertThat(effect.rowSparsities()).containsOnly(Double.NaN);
    assertThat(effect.topUp()).isEmpty();
    assertThat(effect.logits()).isEmpty();
  }

  @Test
  void theLastTokenHasNoNextOne() {
    float[] x = patching.activation(63);
    PatchEffect effect = run(Patches.at(63, 1, x, new float[192])).get(0);
    assertThat(effect.deltaCe()).isNaN();
    assertThat(effect.kl()).isPositive();
  }

  @Test
  void anActivationOfAnotherPromptCanBePatchedIn() {
    try (Patching donor = session.patching(others, Fixtures.HOOK)) {
      List<PatchEffect> effects = new ArrayList<>();
      patching.run(
          Patches.at(T, 1, patching.activation(T), donor.activation(T)).withLogits(true),
          effect -> {
            // The clean activation can be read meanwhile.
            assertThat(donor.activation(T)).isNotEqualTo(patching.activation(T));
            effects.add(effect);
          });
      assertThat(effects.get(0).kl()).isPositive();
      assertThat(Fixtures.distance(effects.get(0).logits(), plain(1, donor.activation(T))))
          .isLessThan(1e-3);
    }
  }

  @Test
  void steeringFurtherChangesMore() {
    float[] x = patching.activation(T);
    float[] direction = patching.activation(T - 1);
    float[][] steered = new float[5][];
    for (int i = 0; i < steered.length; i++) {
      steered[i] = x.clone();
      for (int c = 0; c < x.length; c++) {
        steered[i][c] += i * 0.25f * direction[c];
      }
    }
    List<PatchEffect> sweep = run(Patches.at(T, 16, x, steered));
    assertThat(sweep.get(0).isNone()).isTrue();
    assertThat(sweep).extracting(PatchEffect::kl).isSorted();
    assertThat(sweep.get(4).kl()).isGreaterThan(1e-3);
  }

  @Test
  void noVariantsAreNoWork() {
    patching.run(Patches.at(T, 4, patching.activation(T)), effect -> assertThat(effect).isNull());
  }

  @Test
  void whatAListenerThrowsReachesTheCallerUnchanged() {
    Exception thrown = new IOException("checked");
    List<Integer> heard = new ArrayList<>();
    assertThatThrownBy(
            () ->
                patching.run(
                    patches(4),
                    effect -> {
                      heard.add(effect.index());
                      PatchingTest.<RuntimeException>sneaky(thrown);
                    }))
        .isSameAs(thrown);
    assertThat(heard).containsExactly(0);
    assertThat(run(patches(4))).hasSize(3);
  }

  @SuppressWarnings("unchecked")
  private static <E extends Throwable> void sneaky(Throwable thrown) throws E {
    throw (E) thrown;
  }

  @Test
  void aListenerMayNotUseOrCloseWhatRunsIt() {
    assertThatThrownBy(() -> patching.run(patches(4), effect -> patching.run(patches(4), IGNORE)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("from a hook of its own run");
    assertThatThrownBy(() -> patching.run(patches(4), effect -> patching.setCleanContext()))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> patching.run(patches(4), effect -> patching.close()))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("cannot be closed");
    assertThat(run(patches(4))).hasSize(3);
  }

  @Test
  void aListenerMayUseAnotherSession() {
    try (Session other = model.newSession(new SessionOptions(1));
        Patching inner = other.patching(others, Fixtures.HOOK)) {
      List<Double> heard = new ArrayList<>();
      patching.run(patches(4), effect -> inner.run(patches(4), within -> heard.add(within.kl())));
      assertThat(heard).hasSize(9);
    }
  }

  @Test
  void aSecondThreadIsToldAndClosingWaits() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(2);
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch leave = new CountDownLatch(1);
    Patches patches = patches(4);
    Future<?> run =
        threads.submit(
            () ->
                patching.run(
                    patches,
                    effect -> {
                      inside.countDown();
                      await(leave);
                    }));
    inside.await();
    assertThatThrownBy(() -> patching.run(patches, IGNORE))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("in use by thread");
    Future<?> close = threads.submit(patching::close);
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
    Patching first = ownSession.patching(tokens, Fixtures.HOOK);
    Patching second = ownSession.patching(tokens, Fixtures.HOOK);
    Patches patches = patches(4);
    first.close();
    first.close();
    assertClosed("patching", () -> first.run(patches, IGNORE));
    assertClosed("patching", first::activation);
    assertClosed("patching", first::setCleanContext);
    own.close();
    assertClosed("model", () -> second.run(patches, IGNORE));
    assertClosed("model", () -> ownSession.patching(tokens, Fixtures.HOOK));
    ownSession.close();
    assertClosed("session", () -> second.run(patches, IGNORE));
    assertThat(second.activation(T)).isEqualTo(patching.activation(T));
    second.close();
  }

  private static void assertClosed(String what, Runnable call) {
    assertThatThrownBy(call::run)
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("this " + what + " is closed");
  }

  @Test
  void whatDoesNotFitIsRefused() {
    float[] x = patching.activation(T);
    assertRefused(
        () -> patching.run(Patches.at(60, 5, x, x), IGNORE), "found 4: the sequence has 64");
    assertRefused(() -> patching.run(Patches.at(64, 1, x, x), IGNORE), "found 0");
    assertRefused(() -> patching.run(Patches.at(Integer.MAX_VALUE, 1, x, x), IGNORE), "found 0");
    assertRefused(
        () -> patching.run(Patches.at(1, 1, new float[5], new float[5]), IGNORE), "found 5");
    assertRefused(() -> patching.run(Patches.at(1, 1, x, x).withTopTokens(2049), IGNORE), "2048");
    assertRefused(() -> Patches.at(-1, 1, x), "position");
    assertRefused(() -> Patches.at(1, 0, x), "future");
    assertRefused(() -> Patches.at(1, 1, x, new float[3]), "patch 0: expected 192");
    assertRefused(() -> patching.setContext(new float[192]), "64 tokens of width 192, found 192");
    assertRefused(() -> session.patching(new int[0], Fixtures.HOOK), "empty");
    assertRefused(() -> session.patching(new int[] {2048}, Fixtures.HOOK), "0 to 2047");
    assertRefused(() -> session.patching(tokens, HookPoint.residPost(6)), "layers 0 to 5");
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
    assertThatThrownBy(() -> run(Patches.at(T, 4, patching.activation(T), bad)))
        .isInstanceOf(NotFiniteException.class)
        .hasMessageContaining("patch 0 at position 20");
    assertThat(run(patches(4))).hasSize(3);
  }
}
