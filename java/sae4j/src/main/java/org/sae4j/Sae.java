package org.sae4j;

import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.sae4j.engine.sae4j_sae;
import org.sae4j.engine.sae4j_session;
import org.sae4j.format.SaeFile;
import org.sae4j.format.SaeTensor;
import org.sae4j.format.ValueBiasFolding;

/**
 * A sparse autoencoder in memory.
 *
 * <p>Immutable, and shared by any number of threads. Its own {@code encode}, {@code decode} and
 * {@code reconstruct} use every processor and take turns; threads that work side by side call those
 * of a {@link Session} each. Closing twice is fine; {@link #close} waits for the calls in progress.
 */
public final class Sae implements AutoCloseable {
  private final Path path;
  private final SaeOverrides overrides;
  private final SaeConfig config;
  private final long weightBytes;
  private final NativeHandle<sae4j_sae> handle;
  private final Object turn = new Object();
  private Optional<NativeHandle<sae4j_session>> session = Optional.empty();

  private Sae(Path path, SaeOverrides overrides, SaeConfig config, sae4j_sae sae) {
    this.path = path;
    this.overrides = overrides;
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
   * @throws FormatException if the file is damaged, contradicts itself or is of another format
   * @throws IllegalArgumentException if the SAE cannot do without its model, because of {@link
   *     SaeConfig#valueBiases}, or without a constant that its file lacks
   */
  public static Sae open(Path path, SaeOverrides overrides) throws IOException {
    SaeFile file = read(path, overrides);
    if (file.config().valueBiases().areFolded()) {
      throw new IllegalArgumentException(
          path
              + ": is of attn.hook_z without the model's value biases (fold_value_biases): open it"
              + " with the model");
    }
    return new Sae(path, overrides, file.config(), SaeTensors.load(file, Map.of()));
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
   * @throws FormatException if the file is damaged, contradicts itself or is of another format
   */
  public static Sae open(Path path, SaeOverrides overrides, Model model) throws IOException {
    SaeFile file = read(path, overrides);
    Map<SaeTensor, float[]> changed =
        file.config().valueBiases().areFolded()
            ? ValueBiasFolding.of(file, layer -> file.config().valueBiases().of(model, layer))
            : Map.of();
    return new Sae(path, overrides, file.config(), SaeTensors.load(file, changed));
  }

  private static SaeFile read(Path path, SaeOverrides overrides) throws IOException {
    if (Files.notExists(path)) {
      throw new NoSuchFileException(path.toString(), null, "no such SAE");
    }
    Engine.load();
    return SaeFile.read(path, overrides);
  }

  /** The file or folder that it came from. */
  public Path path() {
    return path;
  }

  /** What the caller knew better than the file. */
  SaeOverrides overrides() {
    return overrides;
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
              .formatted(path, point, expected, found));
    }
  }

  /** Returns this SAE if its output replaces what it reads; else says what needs that. */
  Sae requireNoTranscoder(String what) {
    if (config.isTranscoder()) {
      throw new IllegalArgumentException(
          "%s: %s needs an SAE, not a transcoder, which replaces %s"
              .formatted(path, what, config.hookNameOut().get()));
    }
    return this;
  }

  /** Returns this SAE unless it was given the value biases of another layer. */
  Sae requireOwnBiases(HookPoint point) {
    if (config.valueBiases().areFolded() && !hook().equals(Optional.of(point))) {
      throw new IllegalArgumentException(
          "%s: was opened with the value biases of %s, and cannot replace %s"
              .formatted(path, config.hookName().orElseThrow(), point));
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
