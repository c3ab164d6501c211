package org.sae4j;

import static org.sae4j.engine.global.sae4j.sae4j_latent_logits;
import static org.sae4j.engine.global.sae4j.sae4j_session_default_params;
import static org.sae4j.engine.global.sae4j.sae4j_session_free;
import static org.sae4j.engine.global.sae4j.sae4j_session_new;

import java.nio.FloatBuffer;
import java.util.List;
import java.util.Objects;
import org.bytedeco.javacpp.FloatPointer;
import org.sae4j.arch.HookPoint;
import org.sae4j.engine.sae4j_model;
import org.sae4j.engine.sae4j_session;
import org.sae4j.memory.CallMemory;
import org.sae4j.memory.Floats;
import org.sae4j.memory.HandleScope;
import org.sae4j.memory.NativeHandle;
import org.sae4j.memory.SessionMemory;
import org.sae4j.tokens.Sequences;

/**
 * Runs a model: its own threads, and memory that grows to the largest run and is used again.
 *
 * <p>For one thread at a time: a second one, or a hook of the session's own run, gets an {@link
 * IllegalStateException}. Threads that work side by side each have a session of their own; they
 * share the model. Closing twice is fine, using a closed session is not; {@link #close} waits for
 * the run in progress.
 */
public final class Session implements AutoCloseable {
  private final Model model;
  private final SessionOptions options;
  private final SessionMemory memory;
  private final NativeHandle<sae4j_session> handle;

  Session(Model model, SessionOptions options) {
    this.model = model;
    this.options = Objects.requireNonNull(options, "options");
    this.memory = new SessionMemory();
    this.handle = newHandle(options, memory);
  }

  /** Makes a native session that frees its results' memory together with itself. */
  static NativeHandle<sae4j_session> newHandle(SessionOptions options, SessionMemory memory) {
    Engine.load();
    sae4j_session session = new sae4j_session();
    Engine.check(
        sae4j_session_new(sae4j_session_default_params().n_threads(options.threads()), session));
    return new NativeHandle<>(
        "session",
        NativeHandle.Sharing.EXCLUSIVE,
        session,
        pointer -> {
          sae4j_session_free(pointer);
          memory.close();
        });
  }

  /** The model that this session runs. */
  public Model model() {
    return model;
  }

  /** What this session may use of the machine. */
  public SessionOptions options() {
    return options;
  }

  /** Runs the model as it is and keeps all logits. */
  public RunResult run(Sequences sequences) {
    return run(sequences, RunOptions.defaults());
  }

  /**
   * Runs the model on all sequences as one batch.
   *
   * <p>What a hook throws is thrown from here unchanged. The result is good until the next run.
   *
   * @throws IllegalArgumentException if a token, a sequence, a hook point or an edit does not fit
   *     the model; nothing has run then
   * @throws IllegalStateException if the session, the model or an SAE is closed, or the session is
   *     in use
   * @throws NotFiniteException if the logits, or activations that are captured, are not all numbers
   */
  public RunResult run(Sequences sequences, RunOptions options) {
    try (HandleScope scope = new HandleScope()) {
      sae4j_session session = scope.enter(handle);
      sae4j_model entered = scope.enter(model.handle());
      return new RunCall(model, sequences, options, memory).execute(session, entered, scope);
    }
  }

  /**
   * Replaces activations by SAEs' outputs and compares the predictions with those of the clean run,
   * token by token.
   *
   * <p>The clean run goes through the model once for all splices, and each replacement runs on from
   * its activation. No logits are kept. A token's numbers do not depend on the batch.
   *
   * @param splices which SAE's output replaces which activation, each in a run of its own; none:
   *     the clean run's cross-entropies are all that is found
   * @throws IllegalArgumentException if a sequence, a splice or a mean does not fit the model;
   *     nothing has run then
   * @throws IllegalStateException if the session, the model or an SAE is closed, or the session is
   *     in use
   * @throws NotFiniteException if a mean is not all numbers
   */
  public BatchEvaluation evaluate(Sequences batch, List<Splice> splices, SpliceOptions options) {
    try (HandleScope scope = new HandleScope();
        CallMemory memory = new CallMemory()) {
      sae4j_session session = scope.enter(handle);
      sae4j_model entered = scope.enter(model.handle());
      return new EvaluateCall(model, batch, splices, options, memory)
          .execute(session, entered, scope);
    }
  }

  /**
   * Prepares one sequence for patches of one of its activations; close it when done.
   *
   * @param tokens the sequence
   * @throws IllegalArgumentException if the tokens or the hook point do not fit the model
   */
  public Patching patching(int[] tokens, HookPoint hook) {
    return new Patching(this, tokens, hook);
  }

  /**
   * Encodes activations with this session's threads.
   *
   * @param x [tokens, SAE width], from position to limit; not copied if direct
   * @throws NotFiniteException if x is not all numbers, or a latent is beyond the range of floats
   */
  public Latents encode(Sae sae, FloatBuffer x) {
    try (HandleScope scope = new HandleScope()) {
      return SaeCalls.encode(scope.enter(handle), scope.enter(sae.handle()), sae.config(), x);
    }
  }

  /**
   * Decodes latents with this session's threads to [tokens, output width], without what a skip
   * connection adds for x.
   */
  public float[] decode(Sae sae, Latents latents) {
    float[] out = Floats.of(latents.tokens(), sae.config().dOut(), "decoded latents");
    decode(sae, latents, FloatBuffer.wrap(out));
    return out;
  }

  /**
   * Decodes latents with this session's threads, without what a skip connection adds for x.
   *
   * @param out [tokens, SAE width], written from position to limit; not copied if direct
   */
  public void decode(Sae sae, Latents latents, FloatBuffer out) {
    try (HandleScope scope = new HandleScope()) {
      SaeCalls.decode(scope.enter(handle), scope.enter(sae.handle()), sae.config(), latents, out);
    }
  }

  /**
   * Encodes and decodes activations with this session's threads.
   *
   * @param x [tokens, SAE width], from position to limit; not copied if direct
   * @param out of the same size, written from position to limit; may be {@code x} itself
   */
  public void reconstruct(Sae sae, FloatBuffer x, FloatBuffer out) {
    try (HandleScope scope = new HandleScope()) {
      SaeCalls.reconstruct(scope.enter(handle), scope.enter(sae.handle()), sae.config(), x, out);
    }
  }

  /**
   * Computes which logits a unit of each latent raises and lowers by the direct path.
   *
   * <p>That is its decoder direction, through the linear part of the final norm (less its mean over
   * the width, times the norm's weight; neither the division by a standard deviation, which depends
   * on the text, nor the bias), times the unembedding, less the mean over the vocabulary, which
   * changes no probability. It equals {@code W_dec[i] @ W_U} of a TransformerLens model with {@code
   * fold_ln} and {@code center_unembed}, its defaults, which is what dashboards of SAEs show. Where
   * the SAE is behind the final norm, the norm is left out.
   *
   * @param point the activation that the SAE's output belongs to
   * @return [latents, vocabulary]
   * @throws IllegalArgumentException if the point has no direct path to the logits, or the SAE no
   *     such latent
   */
  public float[] latentLogits(Sae sae, HookPoint point, int... latents) {
    float[] logits = Floats.of(latents.length, model.shape().vocabulary(), "logits of latents");
    try (HandleScope scope = new HandleScope();
        CallMemory memory = new CallMemory()) {
      sae4j_session session = scope.enter(handle);
      FloatPointer out = memory.room(logits.length);
      Engine.check(
          sae4j_latent_logits(
              session,
              scope.enter(model.handle()),
              scope.enter(sae.handle()),
              EngineStructs.point(point, memory),
              memory.ints(latents),
              latents.length,
              out));
      out.get(logits);
    }
    return logits;
  }

  NativeHandle<sae4j_session> handle() {
    return handle;
  }

  /**
   * Waits for the run in progress and frees the session's memory, but for what buffers still show.
   *
   * @throws IllegalStateException if called from a hook of the session's own run
   */
  @Override
  public void close() {
    handle.close();
  }
}
