package org.sae4j;

import static org.sae4j.engine.global.sae4j.sae4j_model_get_bytes;
import static org.sae4j.engine.global.sae4j.sae4j_vocab_get_info;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.sae4j.arch.HookPoint;
import org.sae4j.arch.ModelShape;
import org.sae4j.engine.sae4j_model;
import org.sae4j.engine.sae4j_vocab_info;
import org.sae4j.memory.NativeHandle;

/**
 * A GPT-2 model in memory.
 *
 * <p>Immutable, and shared by any number of threads; what runs it is a {@link Session}. Closing
 * twice is fine. {@link #close} waits for the runs in progress; sessions of a closed model cannot
 * run any more.
 */
public final class Model implements AutoCloseable {
  private final NativeHandle<sae4j_model> handle;
  private final ModelOptions options;
  private final ModelShape shape;
  private final HookTable hooks;
  private final long weightBytes;
  private final Optional<Tokenizer> tokenizer;
  private final Optional<IOException> tokenizerFault;
  private final List<String> assumptions;

  private Model(ModelFiles files, ModelOptions options) {
    sae4j_model model = files.model();
    this.handle =
        new NativeHandle<>(
            "model",
            NativeHandle.Sharing.SHARED,
            model,
            org.sae4j.engine.global.sae4j::sae4j_model_free);
    this.options = options;
    this.shape = EngineModel.shape(model);
    this.hooks = new HookTable(model);
    this.weightBytes = sae4j_model_get_bytes(model);
    this.tokenizer =
        files
            .tokenizer()
            .<Vocabulary>map(read -> new FolderVocabulary(handle, read))
            .or(() -> vocabulary(sae4j_vocab_get_info(model)))
            .map(Tokenizer::new);
    this.tokenizerFault = files.tokenizerFault();
    this.assumptions = files.assumptions();
  }

  private Optional<Vocabulary> vocabulary(sae4j_vocab_info info) {
    if (info.n_tokens() == 0) {
      return Optional.empty();
    }
    return Optional.of(
        new EngineVocabulary(handle, info.n_tokens(), token(info.bos()), token(info.eos())));
  }

  private static OptionalInt token(int id) {
    return id < 0 ? OptionalInt.empty() : OptionalInt.of(id);
  }

  /** Loads a model with {@link ModelOptions#defaults()}. */
  public static Model open(Path path) throws IOException {
    return open(path, ModelOptions.defaults());
  }

  /**
   * Loads a model from a GGUF file or a Hugging Face folder. A tokenizer that cannot be used is no
   * hindrance ({@link #tokenizerFault}).
   *
   * @throws java.nio.file.NoSuchFileException if there is nothing
   * @throws org.sae4j.format.FormatException if the file is damaged, of another architecture or not
   *     a model
   */
  public static Model open(Path path, ModelOptions options) throws IOException {
    Engine.load();
    return new Model(ModelFiles.load(path, options), options);
  }

  /**
   * Makes a model without a tokenizer from weights that Java code provides.
   *
   * @throws IllegalArgumentException if a tensor has not the size asked for
   */
  public static Model of(ModelShape shape, ModelWeights weights, ModelOptions options) {
    Engine.load();
    sae4j_model model = EngineModel.of(shape, weights, options);
    return new Model(new ModelFiles(model, Optional.empty(), Optional.empty(), List.of()), options);
  }

  /**
   * Makes a model with random weights, as GPT-2's are before training; for tests and benchmarks.
   *
   * @param seed models with the same seed and shape are the same
   */
  public static Model random(ModelShape shape, long seed, ModelOptions options) {
    return of(shape, new RandomWeights(seed), options);
  }

  /** The sizes of the model. */
  public ModelShape shape() {
    return shape;
  }

  /** The activations that hooks can read and replace, in the order in which they are computed. */
  public List<HookPoint> hookPoints() {
    return hooks.points();
  }

  /**
   * The width of an activation: floats per token.
   *
   * @throws IllegalArgumentException if the model has none of this name
   */
  public int width(HookPoint point) {
    return hooks.width(point);
  }

  /**
   * Tells whether what is put there goes on to the logits by the direct path: it is in the residual
   * stream, is added to it, or lies behind it.
   *
   * @throws IllegalArgumentException if the model has no activation of this name
   */
  public boolean hasDirectPath(HookPoint point) {
    return hooks.hasDirectPath(point);
  }

  /** How the model is held in memory. */
  public ModelOptions options() {
    return options;
  }

  /** The bytes that the weights take in memory. */
  public long weightBytes() {
    return weightBytes;
  }

  /** Tells whether the model came with a tokenizer that can be used. */
  public boolean hasTokenizer() {
    return tokenizer.isPresent();
  }

  /**
   * What is wrong with the tokenizer that the model came with, if it cannot be used. Token ids run
   * all the same.
   */
  public Optional<IOException> tokenizerFault() {
    return tokenizerFault;
  }

  /**
   * The tokenizer that the model came with.
   *
   * @throws IllegalStateException if it came without one, or with one that cannot be used
   */
  public Tokenizer tokenizer() {
    return tokenizer.orElseThrow(
        () ->
            new IllegalStateException(
                tokenizerFault
                    .map(IOException::getMessage)
                    .orElse("this model came without a tokenizer: run token ids"),
                tokenizerFault.orElse(null)));
  }

  /** Everything about this model that was assumed rather than read from its files. */
  public List<String> assumptions() {
    return assumptions;
  }

  /** Makes a session with {@link SessionOptions#defaults()}; close it when done. */
  public Session newSession() {
    return newSession(SessionOptions.defaults());
  }

  /**
   * Makes a session; close it when done.
   *
   * @throws IllegalStateException if the model is closed
   */
  public Session newSession(SessionOptions options) {
    handle.use().close();
    return new Session(this, options);
  }

  NativeHandle<sae4j_model> handle() {
    return handle;
  }

  /**
   * Waits for the runs in progress and frees the weights.
   *
   * @throws IllegalStateException if called from a hook of a run of this model
   */
  @Override
  public void close() {
    handle.close();
    tokenizer.ifPresent(each -> each.vocabulary().close());
  }
}
