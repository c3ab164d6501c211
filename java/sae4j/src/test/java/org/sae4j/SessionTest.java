package org.sae4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.FloatBuffer;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.sae4j.arch.HookPoint;
import org.sae4j.eval.Evaluation;
import org.sae4j.tokens.Positions;
import org.sae4j.tokens.Sequences;

/** Sessions when things go wrong: hooks that throw, threads that meet, handles that are closed. */
@Timeout(120)
class SessionTest {
  private static final SessionOptions ONE = new SessionOptions(1);

  private static Model model;
  private static Sequences tokens;
  private static float[] expected;

  @BeforeAll
  static void open() throws IOException {
    model = Fixtures.model();
    tokens = Fixtures.tokens().first(32);
    try (Session session = model.newSession(ONE)) {
      expected = session.run(tokens).logits().toArray();
    }
  }

  @AfterAll
  static void close() {
    model.close();
  }

  private static RunOptions hook(ActivationHook hook) {
    return RunOptions.defaults().hook(Fixtures.HOOK, hook);
  }

  private static void assertUsable(Session session) {
    assertThat(session.run(tokens).logits().toArray()).isEqualTo(expected);
  }

  /** Times the length of a row, each of these is 0 or small again in 32 bits. */
  @Test
  void rowsThatAreNotThere() {
    try (Session session = model.newSession(ONE)) {
      RunResult result = session.run(tokens, RunOptions.defaults().capture(Fixtures.HOOK));
      Logits logits = result.logits();
      ActivationView activation = result.activation(Fixtures.HOOK);
      assertThat(logits.row(31).remaining()).isEqualTo(2048);
      assertThat(activation.row(31).remaining()).isEqualTo(activation.width());
      for (int none : new int[] {-1, 32, 1 << 21, 1 << 26, Integer.MIN_VALUE, Integer.MAX_VALUE}) {
        assertThatThrownBy(() -> logits.row(none)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> logits.get(0, none, 0))
            .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> activation.row(none))
            .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> activation.get(none, 0, 0))
            .isInstanceOf(IndexOutOfBoundsException.class);
      }
      assertThatThrownBy(() -> logits.get(0, 0, 2048))
          .isInstanceOf(IndexOutOfBoundsException.class);
      assertThatThrownBy(() -> activation.get(0, 0, 1 << 26))
          .isInstanceOf(IndexOutOfBoundsException.class);
    }
  }

  static Throwable[] throwables() {
    return new Throwable[] {
      new IllegalStateException("unchecked"),
      new IOException("checked"),
      new AssertionError("error"),
      new InterruptedException("interrupted")
    };
  }

  @ParameterizedTest
  @MethodSource("throwables")
  void whatAHookThrowsReachesTheCallerUnchanged(Throwable thrown) {
    try (Session session = model.newSession(ONE)) {
      ActivationHook hook =
          (point, activation) -> {
            throw sneaky(thrown);
          };
      assertThatThrownBy(() -> session.run(tokens, hook(hook))).isSameAs(thrown);
      assertUsable(session);
    }
  }

  /** Lets any hook throw anything. */
  private static Exception sneaky(Throwable thrown) {
    return SessionTest.<RuntimeException>unchecked(thrown);
  }

  @SuppressWarnings("unchecked")
  private static <E extends Throwable> E unchecked(Throwable thrown) throws E {
    throw (E) thrown;
  }

  @Test
  void aHookThatThrowsStopsTheOnesAfterIt() {
    try (Session session = model.newSession(ONE)) {
      RuntimeException thrown = new RuntimeException();
      RunOptions options =
          RunOptions.defaults()
              .hook(
                  HookPoint.residPre(0),
                  (point, activation) -> {
                    throw thrown;
                  })
              .hook(
                  HookPoint.residPost(5),
                  (point, activation) -> {
                    throw new AssertionError("still running");
                  });
      assertThatThrownBy(() -> session.run(tokens, options)).isSameAs(thrown);
    }
  }

  @Test
  void hooksRunOnTheCallersThread() {
    try (Session session = model.newSession(new SessionOptions(2))) {
      Thread[] seen = new Thread[1];
      session.run(tokens, hook((point, activation) -> seen[0] = Thread.currentThread()));
      assertThat(seen[0]).isSameAs(Thread.currentThread());
    }
  }

  @Test
  void aHookMayUseAnotherSession() {
    try (Session outer = model.newSession(ONE);
        Session inner = model.newSession(ONE)) {
      float[][] seen = new float[1][];
      RunOptions options =
          hook((point, activation) -> seen[0] = inner.run(tokens).logits().toArray());
      assertThat(outer.run(tokens, options).logits().toArray()).isEqualTo(expected);
      assertThat(seen[0]).isEqualTo(expected);
    }
  }

  @Test
  @SuppressWarnings("try")
  void aHookMayNotUseOrCloseWhatRunsIt() {
    try (Session session = model.newSession(ONE)) {
      assertThatThrownBy(
              () -> session.run(tokens, hook((point, activation) -> session.run(tokens))))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("from a hook of its own run");
      assertThatThrownBy(() -> session.run(tokens, hook((point, activation) -> session.close())))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("cannot be closed from a hook");
      assertThatThrownBy(() -> session.run(tokens, hook((point, activation) -> model.close())))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("cannot be closed from a hook");
      assertUsable(session);
    }
  }

  @Test
  void aSecondThreadIsToldWhoIsThere() throws Exception {
    ExecutorService threads = Executors.newSingleThreadExecutor(r -> new Thread(r, "first"));
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch leave = new CountDownLatch(1);
    try (Session session = model.newSession(ONE)) {
      Future<RunResult> first =
          threads.submit(
              () ->
                  session.run(
                      tokens,
                      hook(
                          (point, activation) -> {
                            inside.countDown();
                            leave.await();
                          })));
      inside.await();
      assertThatThrownBy(() -> session.run(tokens))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("in use by thread \"first\"");
      leave.countDown();
      assertThat(first.get().logits().toArray()).isEqualTo(expected);
      assertUsable(session);
    } finally {
      leave.countDown();
      threads.shutdown();
    }
  }

  @Test
  void closingWaitsForTheRun() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(2);
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch leave = new CountDownLatch(1);
    Model own = Fixtures.model();
    Session session = own.newSession(ONE);
    Future<float[]> run =
        threads.submit(
            () -> {
              float[][] copy = new float[1][];
              session.run(
                  tokens,
                  hook(
                      (point, activation) -> {
                        inside.countDown();
                        leave.await();
                        copy[0] = activation.toArray();
                      }));
              return copy[0];
            });
    inside.await();
    Future<?> close =
        threads.submit(
            () -> {
              own.close();
              session.close();
            });
    Thread.sleep(100);
    assertThat(close.isDone()).isFalse();
    leave.countDown();
    assertThat(run.get(60, TimeUnit.SECONDS)).hasSize(32 * 192);
    close.get(60, TimeUnit.SECONDS);
    assertThatThrownBy(() -> session.run(tokens))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("this session is closed");
    threads.shutdown();
  }

  @Test
  void threadsWithSessionsOfTheirOwnShareAModel() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(3);
    Future<?>[] done = new Future<?>[3];
    for (int i = 0; i < done.length; i++) {
      done[i] =
          threads.submit(
              () -> {
                try (Session session = model.newSession(ONE)) {
                  for (int n = 0; n < 5; n++) {
                    assertUsable(session);
                  }
                }
              });
    }
    for (Future<?> future : done) {
      future.get(60, TimeUnit.SECONDS);
    }
    threads.shutdown();
  }

  @Test
  void closedHandlesSaySo() throws IOException {
    Model own = Fixtures.model();
    Session session = own.newSession(ONE);
    Sae sae = Fixtures.sae(Fixtures.SAE_K16);
    Tokenizer tokenizer = own.tokenizer();
    sae.close();
    sae.close();
    assertClosed("SAE", () -> sae.reconstruct(new float[192]));
    assertClosed("SAE", () -> session.run(tokens, reconstruct(sae)));
    assertClosed("SAE", () -> Evaluation.of(own, sae).run(tokens));
    assertUsable(session);
    own.close();
    own.close();
    assertClosed("model", () -> session.run(tokens));
    assertClosed("model", own::newSession);
    assertClosed("model", () -> tokenizer.encode("x"));
    session.close();
    session.close();
    assertClosed("session", () -> session.run(tokens));
  }

  private static RunOptions reconstruct(Sae sae) {
    return RunOptions.defaults().edit(Fixtures.HOOK, Edit.reconstruct(sae));
  }

  private static void assertClosed(String what, Runnable call) {
    assertThatThrownBy(call::run)
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("this " + what + " is closed");
  }

  @Test
  void resultsEndWithTheNextRunAndWithTheSession() {
    RunOptions capture = RunOptions.defaults().capture(Fixtures.HOOK);
    Session session = model.newSession(ONE);
    RunResult first = session.run(tokens, capture);
    ActivationView view = first.activation(Fixtures.HOOK);
    Logits logits = first.logits();
    FloatBuffer row = logits.row(0, 0);
    RunResult second = session.run(tokens, capture);
    assertThatThrownBy(() -> first.activation(Fixtures.HOOK)).hasMessageContaining("run again");
    assertThatThrownBy(() -> view.get(0, 0, 0)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(logits::toArray).isInstanceOf(IllegalStateException.class);
    session.close();
    assertThatThrownBy(second::logits).hasMessageContaining("its session is closed");
    assertThat(row.get(0)).isEqualTo(expected[0]);
  }

  @Test
  void whatWasNotAskedForIsNotThere() {
    try (Session session = model.newSession(ONE)) {
      RunResult logitsOnly = session.run(tokens);
      assertThatThrownBy(() -> logitsOnly.activation(Fixtures.HOOK))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("did not capture blocks.3.hook_resid_post");
      RunResult captureOnly =
          session.run(tokens, RunOptions.defaults().capture(Fixtures.HOOK).withoutLogits());
      assertThatThrownBy(captureOnly::logits).isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> RunOptions.defaults().withoutLogits())
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> session.run(tokens, RunOptions.defaults().logits(Positions.of(999))))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("no token");
    }
  }

  @Test
  void badTokensAreRefused() {
    try (Session session = model.newSession(ONE)) {
      assertThatThrownBy(() -> session.run(Sequences.of(new int[] {1, 2}, new int[] {3, 2048})))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("token id 2048 at position 1 of sequence 1: the model has ids 0 to 2047");
      assertThatThrownBy(() -> session.run(Sequences.of(new int[] {-1})))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("token id -1");
      assertThatThrownBy(() -> session.run(Sequences.of(new int[129])))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("sequence 0 has 129 tokens, the model's context has 128");
      assertThat(session.run(Sequences.of(new int[128])).logits().rows()).isEqualTo(128);
      assertUsable(session);
    }
  }
}
