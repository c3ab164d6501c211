package org.sae4j;

import static org.sae4j.engine.global.sae4j.sae4j_patching_free;
import static org.sae4j.engine.global.sae4j.sae4j_patching_get_activation;
import static org.sae4j.engine.global.sae4j.sae4j_patching_new;
import static org.sae4j.engine.global.sae4j.sae4j_patching_run;
import static org.sae4j.engine.global.sae4j.sae4j_patching_set_context;

import java.util.Objects;
import java.util.function.Consumer;
import org.bytedeco.javacpp.FloatPointer;
import org.sae4j.arch.HookPoint;
import org.sae4j.arch.ModelShape;
import org.sae4j.engine.sae4j_patches;
import org.sae4j.engine.sae4j_patching;
import org.sae4j.engine.sae4j_session;
import org.sae4j.memory.CallMemory;
import org.sae4j.memory.Floats;
import org.sae4j.memory.HandleScope;
import org.sae4j.memory.NativeHandle;
import org.sae4j.tokens.Sequences;

/**
 * One sequence at one hook point, ready to go on with any activation at any position.
 *
 * <p>What lies before a position is computed once and shared by all patches there, which run as one
 * batch. {@link org.sae4j.ablation.Ablation} is one use. Activation patching is another, here with
 * what another prompt has at position 5:
 *
 * <pre>{@code
 * HookPoint hook = HookPoint.residPost(8);
 * try (Patching donor = session.patching(prompt, hook);
 *     Patching patching = session.patching(corruptedPrompt, hook)) {
 *   Patches patched =
 *       Patches.at(5, 1, patching.activation(5), donor.activation(5)).withLogits(true);
 *   patching.run(patched, effect -> System.out.println(effect.logits()[answer]));
 * }
 * }</pre>
 *
 * <p>And so is a sweep of steering strengths:
 *
 * <pre>{@code
 * float[] x = patching.activation(5);
 * float[][] steered = new float[21][];
 * for (int i = 0; i < steered.length; i++) {
 *   steered[i] = x.clone();
 *   for (int c = 0; c < x.length; c++) {
 *     steered[i][c] += (i - 10) * direction[c];
 *   }
 * }
 * patching.run(
 *     Patches.at(5, 16, x, steered).withTopTokens(10),
 *     effect -> System.out.println(effect.index() - 10 + ": KL " + effect.kl()));
 * }</pre>
 *
 * <p>It works with the threads and the memory of the session that made it, and for one thread at a
 * time like it. Closing twice is fine, using it closed is not; {@link #close} waits for the run in
 * progress.
 */
public final class Patching implements AutoCloseable {
  private final Session session;
  private final HookPoint hook;
  private final int tokens;
  private final int width;
  private final NativeHandle<sae4j_patching> handle;

  Patching(Session session, int[] tokens, HookPoint hook) {
    ModelShape shape = session.model().shape();
    Sequences sequence = Sequences.of(tokens).requireFor(shape);
    this.session = session;
    this.hook = hook;
    this.tokens = sequence.tokens();
    this.width = session.model().width(hook);
    this.handle = newHandle(sequence);
  }

  private NativeHandle<sae4j_patching> newHandle(Sequences sequence) {
    sae4j_patching pointer = new sae4j_patching();
    try (HandleScope scope = new HandleScope();
        CallMemory memory = new CallMemory()) {
      Engine.check(
          sae4j_patching_new(
              scope.enter(session.handle()),
              scope.enter(session.model().handle()),
              memory.ints(sequence.ids()),
              tokens,
              EngineStructs.point(hook, memory),
              pointer));
    }
    // Shared, because the session lets only one thread in: so listeners can read the activation.
    return new NativeHandle<>(
        "patching", NativeHandle.Sharing.SHARED, pointer, each -> sae4j_patching_free(each));
  }

  /** The activation that patches replace. */
  public HookPoint hook() {
    return hook;
  }

  /** The number of tokens of the sequence. */
  public int tokens() {
    return tokens;
  }

  /** The number of floats of the activation of one token. */
  public int width() {
    return width;
  }

  /** A copy of the clean activation of all tokens, [tokens, width]. */
  public float[] activation() {
    return activation(0, tokens);
  }

  /** A copy of the clean activation at one position, [width]. */
  public float[] activation(int position) {
    Objects.checkIndex(position, tokens);
    return activation(position, 1);
  }

  private float[] activation(int from, int count) {
    try (HandleScope scope = new HandleScope()) {
      FloatPointer floats = sae4j_patching_get_activation(scope.enter(handle));
      float[] copy = Floats.of(count, width, "activation");
      floats.position((long) from * width).get(copy);
      return copy;
    }
  }

  /**
   * Sets what the positions without a patch hold from now on.
   *
   * @param activation [tokens, width]
   */
  public void setContext(float[] activation) {
    if (activation.length != (long) tokens * width) {
      throw new IllegalArgumentException(
          "context at %s: expected %d floats, %d tokens of width %d, found %d"
              .formatted(hook, (long) tokens * width, tokens, width, activation.length));
    }
    try (CallMemory memory = new CallMemory()) {
      context(memory.floats(activation));
    }
  }

  /** Lets the positions without a patch hold the clean activation again. */
  public void setCleanContext() {
    context((FloatPointer) null);
  }

  private void context(FloatPointer activation) {
    try (HandleScope scope = new HandleScope()) {
      sae4j_session entered = scope.enter(session.handle());
      scope.enter(session.model().handle());
      Engine.check(sae4j_patching_set_context(entered, scope.enter(handle), activation));
    }
  }

  /**
   * Runs the model on from one position with each patch there.
   *
   * @param listener hears of each effect as it comes, in order, on this thread; what it throws ends
   *     the run and is thrown from here unchanged
   * @throws IllegalArgumentException if the patches do not fit; nothing has run then
   * @throws IllegalStateException if this, the session or the model is closed, or the session is in
   *     use
   * @throws NotFiniteException if the logits of a patch are not numbers
   */
  public void run(Patches patches, Consumer<PatchEffect> listener) {
    require(patches);
    if (patches.count() == 0) {
      return;
    }
    try (HandleScope scope = new HandleScope();
        CallMemory memory = new CallMemory();
        PatchCalls calls = new PatchCalls(patches, vocabulary(), listener)) {
      sae4j_session entered = scope.enter(session.handle());
      scope.enter(session.model().handle());
      sae4j_patching pointer = scope.enter(handle);
      int status = sae4j_patching_run(entered, pointer, struct(patches, calls, memory));
      calls.rethrow();
      Engine.check(status);
    }
  }

  private static sae4j_patches struct(Patches patches, PatchCalls calls, CallMemory memory) {
    sae4j_patches struct =
        memory
            .struct(new sae4j_patches())
            ._position(patches.position())
            .future(patches.future())
            .base(memory.floats(patches.base()))
            .values(memory.floats(patches.values()))
            .n(patches.count())
            .n_top(patches.topTokens())
            .logits(patches.logits() ? 1 : 0);
    calls.writeTo(struct);
    return struct;
  }

  private void require(Patches patches) {
    if (patches.width() != width) {
      throw new IllegalArgumentException(
          "patches at %s: expected width %d, the activation's, found %d"
              .formatted(hook, width, patches.width()));
    }
    if (patches.future() > tokens - patches.position()) {
      throw new IllegalArgumentException(
          "patches: expected %d positions from position %d on, found %d: the sequence has %d tokens"
              .formatted(
                  patches.future(),
                  patches.position(),
                  Math.max(0, tokens - patches.position()),
                  tokens));
    }
    if (patches.topTokens() > vocabulary()) {
      throw new IllegalArgumentException(
          "patches: expected at most %d top tokens, the vocabulary, found %d"
              .formatted(vocabulary(), patches.topTokens()));
    }
  }

  private int vocabulary() {
    return session.model().shape().vocabulary();
  }

  /**
   * Waits for the run in progress and frees the memory.
   *
   * @throws IllegalStateException if called from the listener of its own run
   */
  @Override
  public void close() {
    handle.close();
  }
}
