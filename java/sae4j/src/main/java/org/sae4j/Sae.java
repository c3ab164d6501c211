package org.sae4j;

import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.sae4j.arch.HookPoint;
import org.sae4j.engine.sae4j_sae;
import org.sae4j.engine.sae4j_session;
import org.sae4j.format.SaeConfig;
import org.sae4j.format.SaeOverrides;
import org.sae4j.format.SaeTensor;
import org.sae4j.format.ValueBiases;
import org.sae4j.format.sae.SaeFile;
import org.sae4j.format.sae.SaeFormats;
import org.sae4j.format.sae.ValueBiasFolding;
import org.sae4j.memory.Floats;
import org.sae4j.memory.HandleScope;
import org.sae4j.memory.NativeHandle;
import org.sae4j.memory.SessionMemory;

/**
 * A sparse autoencoder in memory.
 *
 * <p>Immutable, and shared by any number of threads. Its own {@code encode}, {@code decode} and
 * {@code reconstruct} use every processor and take turns; threads that work side by side call those
 * of a {@link Session} each. Closing twice is fine; {@link #close} waits for the calls in progress.
 */
public final class Sae implements AutoCloseable {
  private static final String IN_MEMORY = "an SAE in memory";

  private final String name;
  private final Optional<SaeFile> file;
  private final SaeConfig config;
  private final long weightBytes;
  private final NativeHandle<sae4j_sae> handle;
  private final Object turn = new Object();
  private Optional<NativeHandle<sae4j_session>> session = Optional.empty();

  private Sae(String name, Optional<SaeFile> file, SaeConfig config, sae4j_sae sae) {
    this.name = name;
    this.file = file;
    this.config = config;
    this.weightBytes = org.sae4j.engine.global.sae4j.sae4j_sae_get_bytes(sae);
    this.handle =
        new NativeHandle<>(
            "SAE", NativeHandle.Sharing.SHARED, sae, org.sae4j.engine.global.sae4j::sae4j_sae_free);
  }

  /** Loads an SAE as its file describes it. */
  public static Sae open(Path path) throws IOException {
    return open(path, SaeOverrides.none());
  }

  /**
   * Loads an SAE of any format that sae4j reads.
   *
   * @param overrides what the caller knows better than the file
   * @throws NoSuchFileException if there is nothing
   * @throws org.sae4j.format.FormatException if the file is damaged, contradicts itself or is of
   *     another format
   * @throws IllegalArgumentException if the SAE cannot do without its model, because of {@link
   *     SaeConfig#valueBiases}, or without a constant that its file lacks
   */
  public static Sae open(Path path, SaeOverrides overrides) throws IOException {
    return open(read(path, overrides));
  }

  /**
   * Loads an SAE whose file has been read, but for its weights.
   *
   * @throws org.sae4j.format.FormatException if the weights are not all numbers, or no longer there
   * @throws IllegalArgumentException as {@link #open(Path, SaeOverrides)}
   */
  public static Sae open(SaeFile file) throws IOException {
    requireKept(file.config(), file.path().toString());
    return open(file, Map.of());
  }

  /**
   * Loads an SAE for a model, of which it may need more than the activation.
   *
   * <p>An SAE of {@code attn.hook_z} without the value biases is changed into one of the model's
   * {@code attn.hook_z} as it is; it is for this model only. Every other SAE is as without the
   * model.
   *
   * @param overrides what the caller knows better than the file
   * @throws NoSuchFileException if there is nothing
   * @throws org.sae4j.format.FormatException if the file is damaged, contradicts itself or is of
   *     another format
   */
  public static Sae open(Path path, SaeOverrides overrides, Model model) throws IOException {
    return open(read(path, overrides), model);
  }

  /**
   * Loads an SAE for a model once its file has been read, but for its weights.
   *
   * @throws org.sae4j.format.FormatException if the weights are not all numbers, or no longer there
   */
  public static Sae open(SaeFile file, Model model) throws IOException {
    ValueBiases biases = file.config().valueBiases();
    return open(
        file,
        biases.areFolded()
            ? ValueBiasFolding.of(file, layer -> FoldedValueBiases.of(biases, model, layer))
            : Map.of());
  }

  private static Sae open(SaeFile file, Map<SaeTensor, float[]> changed) throws IOException {
    Engine.load();
    sae4j_sae sae = SaeTensors.load(file, changed);
    return new Sae(file.path().toString(), Optional.of(file), file.config(), sae);
  }

  /**
   * Makes an SAE of weights in memory.
   *
   * @param weights exactly the parameters that its activation needs, and {@link SaeTensor#W_SKIP}
   *     if it has a skip connection; matrices row-major, of the shapes that {@link SaeTensor} says.
   *     They are copied
   * @throws IllegalArgumentException if a parameter is missing, needless or of another length, or
   *     if the SAE cannot do without a constant or a model
   * @throws NotFiniteException if a parameter is not all numbers
   */
  public static Sae of(SaeConfig config, Map<SaeTensor, float[]> weights) {
    requireKept(config, IN_MEMORY);
    Engine.load();
    sae4j_sae sae = SaeTensors.of(config, IN_MEMORY, weights);
    return new Sae(IN_MEMORY, Optional.empty(), config, sae);
  }

  private static void requireKept(SaeConfig config, String name) {
    if (config.valueBiases().areFolded()) {
      throw new IllegalArgumentException(
          name
              + ": is of attn.hook_z without the model's value biases (fold_value_biases): open it"
              + " with the model");
    }
  }

  private static SaeFile read(Path path, SaeOverrides overrides) throws IOException {
    if (Files.notExists(path)) {
      throw new NoSuchFileException(path.toString(), null, "no such SAE");
    }
    Engine.load();
    return SaeFormats.read(path, overrides);
  }

  /** What messages call it: the file or folder that it came from. */
  public String name() {
    return name;
  }

  /** What its file says; none if it was made in memory. */
  public Optional<SaeFile> file() {
    return file;
  }

  /** What it computes. */
  public SaeConfig config() {
    return config;
  }

  /** The bytes that its weights take in memory. */
  public long weightBytes() {
    return weightBytes;
  }

  /**
   * The activation that it was trained on, if its configuration names one.
   *
   * @throws IllegalArgumentException if the name is not one of sae4j's hook points
   */
  public Optional<HookPoint> hook() {
    return config.hookName().map(HookPoint::of);
  }

  /**
   * The activation that its output replaces, if its configuration names one: another than {@link
   * #hook} only for a transcoder.
   *
   * @throws IllegalArgumentException if the name is not one of sae4j's hook points
   */
  public Optional<HookPoint> hookOut() {
    return config.hookNameOut().map(HookPoint::of).or(this::hook);
  }

  /**
   * Encodes activations.
   *
   * @param x [tokens, width]
   * @throws NotFiniteException if x is not all numbers, or a latent is beyond the range of floats
   */
  public Latents encode(float[] x) {
    return encode(FloatBuffer.wrap(x));
  }

  /**
   * Encodes activations.
   *
   * @param x [tokens, width], from position to limit; not copied if direct
   * @throws NotFiniteException if x is not all numbers, or a latent is beyond the range of floats
   */
  public Latents encode(FloatBuffer x) {
    try (HandleScope scope = new HandleScope()) {
      sae4j_sae sae = scope.enter(handle);
      return inTurn(session -> SaeCalls.encode(session, sae, config, x));
    }
  }

  /** Decodes latents to [tokens, output width], without what a skip connection adds for x. */
  public float[] decode(Latents latents) {
    float[] out = Floats.of(latents.tokens(), config.dOut(), "decoded latents");
    decode(latents, FloatBuffer.wrap(out));
    return out;
  }

  /**
   * Decodes latents, without what a skip connection adds for x.
   *
   * @param out [tokens, output width], written from position to limit; not copied if direct
   */
  public void decode(Latents latents, FloatBuffer out) {
    try (HandleScope scope = new HandleScope()) {
      sae4j_sae sae = scope.enter(handle);
      inTurn(
          session -> {
            SaeCalls.decode(session, sae, config, latents, out);
            return latents;
          });
    }
  }

  /**
   * Encodes and decodes activations.
   *
   * @param x [tokens, width]
   * @return the reconstruction, [tokens, output width]
   */
  public float[] reconstruct(float[] x) {
    float[] out = Floats.of(SaeCalls.tokens(x.length, config), config.dOut(), "reconstructions");
    reconstruct(FloatBuffer.wrap(x), FloatBuffer.wrap(out));
    return out;
  }

  /**
   * Encodes and decodes activations.
   *
   * @param x [tokens, width], from position to limit; not copied if direct
   * @param out [tokens, output width], written from position to limit; may be {@code x} itself
   */
  public void reconstruct(FloatBuffer x, FloatBuffer out) {
    try (HandleScope scope = new HandleScope()) {
      sae4j_sae sae = scope.enter(handle);
      inTurn(
          session -> {
            SaeCalls.reconstruct(session, sae, config, x, out);
            return out;
          });
    }
  }

  /** Calls with this SAE's own session, one thread after the other. */
  private <T> T inTurn(Function<sae4j_session, T> call) {
    synchronized (turn) {
      if (session.isEmpty()) {
        session = Optional.of(Session.newHandle(SessionOptions.defaults(), new SessionMemory()));
      }
      try (HandleScope scope = new HandleScope()) {
        return call.apply(scope.enter(session.get()));
      }
    }
  }

  NativeHandle<sae4j_sae> handle() {
    return handle;
  }

  /** Returns this SAE if it reads an activation of a width, else says which widths differ. */
  Sae requireWidth(HookPoint point, int width) {
    requireWidth(point, width, config.dIn());
    return this;
  }

  /** Checks that the output is as wide as the activation that it replaces. */
  void requireOutputWidth(HookPoint point, int width) {
    requireWidth(point, width, config.dOut());
  }

  private void requireWidth(HookPoint point, int expected, int found) {
    if (found != expected) {
      throw new IllegalArgumentException(
          "SAE %s at %s: expected width %d, the activation's, found %d"
              .formatted(name, point, expected, found));
    }
  }

  /** Returns this SAE if its output replaces what it reads; else says what needs that. */
  Sae requireNoTranscoder(String what) {
    if (config.isTranscoder()) {
      throw new IllegalArgumentException(
          "%s: %s needs an SAE, not a transcoder, which replaces %s"
              .formatted(name, what, config.hookNameOut().get()));
    }
    return this;
  }

  /** Returns this SAE unless it was given the value biases of another layer. */
  Sae requireOwnBiases(HookPoint point) {
    if (config.valueBiases().areFolded() && !hook().equals(Optional.of(point))) {
      throw new IllegalArgumentException(
          "%s: was opened with the value biases of %s, and cannot replace %s"
              .formatted(name, config.hookName().orElseThrow(), point));
    }
    return this;
  }

  /**
   * Waits for the calls in progress and frees the weights.
   *
   * @throws IllegalStateException if called from a hook of a run that uses this SAE
   */
  @Override
  public void close() {
    handle.close();
    synchronized (turn) {
      session.ifPresent(NativeHandle::close);
      session = Optional.empty();
    }
  }
}
