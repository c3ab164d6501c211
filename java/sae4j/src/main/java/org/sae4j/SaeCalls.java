package org.sae4j;

import static org.sae4j.engine.global.sae4j.sae4j_sae_decode;
import static org.sae4j.engine.global.sae4j.sae4j_sae_encode;
import static org.sae4j.engine.global.sae4j.sae4j_sae_reconstruct;

import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.ReadOnlyBufferException;
import java.util.function.ToIntFunction;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.sae4j.engine.sae4j_latents;
import org.sae4j.engine.sae4j_sae;
import org.sae4j.engine.sae4j_session;
import org.sae4j.format.SaeConfig;
import org.sae4j.memory.CallMemory;

/** Encoding and decoding by the engine, on any buffers. */
final class SaeCalls {
  private SaeCalls() {}

  static Latents encode(sae4j_session session, sae4j_sae sae, SaeConfig config, FloatBuffer x) {
    int tokens = tokens(x.remaining(), config);
    try (CallMemory memory = new CallMemory()) {
      sae4j_latents out = memory.struct(new sae4j_latents());
      Engine.check(sae4j_sae_encode(session, sae, memory.floats(x), tokens, out));
      return copy(out, config.dSae());
    }
  }

  static void decode(
      sae4j_session session, sae4j_sae sae, SaeConfig config, Latents latents, FloatBuffer out) {
    if (latents.latents() != config.dSae()) {
      throw new IllegalArgumentException(
          "expected latents of an SAE with %d latents, found %d"
              .formatted(config.dSae(), latents.latents()));
    }
    requireSize(out, (long) latents.tokens() * config.dOut());
    try (CallMemory memory = new CallMemory()) {
      sae4j_latents struct = write(latents, memory);
      into(out, memory, floats -> sae4j_sae_decode(session, sae, struct, floats));
    }
  }

  static void reconstruct(
      sae4j_session session, sae4j_sae sae, SaeConfig config, FloatBuffer x, FloatBuffer out) {
    int tokens = tokens(x.remaining(), config);
    requireSize(out, (long) tokens * config.dOut());
    try (CallMemory memory = new CallMemory()) {
      FloatPointer in = memory.floats(x);
      into(out, memory, floats -> sae4j_sae_reconstruct(session, sae, in, tokens, floats));
    }
  }

  /** How many tokens some floats are the activations of. */
  static int tokens(int floats, SaeConfig config) {
    if (floats == 0 || floats % config.dIn() != 0) {
      throw new IllegalArgumentException(
          "x: expected rows of %d floats, the SAE's width, found %d floats"
              .formatted(config.dIn(), floats));
    }
    return floats / config.dIn();
  }

  private static void requireSize(FloatBuffer out, long floats) {
    if (out.isReadOnly()) {
      throw new ReadOnlyBufferException();
    }
    if (out.remaining() != floats) {
      throw new IllegalArgumentException(
          "output: expected room for %d floats, found %d".formatted(floats, out.remaining()));
    }
  }

  /** Lets the engine write into a buffer: in place if it can, else through a copy. */
  private static void into(FloatBuffer out, CallMemory memory, ToIntFunction<FloatPointer> call) {
    if (out.isDirect() && out.order() == ByteOrder.nativeOrder()) {
      Engine.check(call.applyAsInt(memory.floats(out)));
      return;
    }
    float[] result = new float[out.remaining()];
    FloatPointer floats = memory.floats(result);
    Engine.check(call.applyAsInt(floats));
    floats.get(result);
    out.duplicate().put(result);
  }

  private static sae4j_latents write(Latents latents, CallMemory memory) {
    return memory
        .struct(new sae4j_latents())
        .n_tokens(latents.tokens())
        .offsets(memory.longs(latents.offsets()))
        .indices(memory.ints(latents.indices()))
        .values(memory.floats(latents.values()))
        .scale(memory.floats(latents.scale()))
        .shift(memory.floats(latents.shift()));
  }

  private static Latents copy(sae4j_latents out, int width) {
    int tokens = (int) out.n_tokens();
    int[] offsets = new int[tokens + 1];
    for (int t = 0; t <= tokens; t++) {
      offsets[t] = fitting(out.offsets().get(t));
    }
    int active = offsets[tokens];
    return new Latents(
        width,
        offsets,
        ints(out.indices(), active),
        requireFinite(floats(out.values(), active), "latents"),
        requireFinite(floats(out.scale(), tokens), "scales"),
        requireFinite(floats(out.shift(), tokens), "shifts"));
  }

  private static int fitting(long active) {
    if (active > Integer.MAX_VALUE - 8) {
      throw new IllegalArgumentException(
          active + " active latents are too many for one array; encode fewer tokens at once");
    }
    return (int) active;
  }

  /**
   * Refuses what left the range of floats, although neither activations nor weights did.
   *
   * @param what which numbers they are
   */
  private static float[] requireFinite(float[] values, String what) {
    for (float value : values) {
      if (!Float.isFinite(value)) {
        throw new NotFiniteException(
            "SAE %s: expected finite numbers, found %s".formatted(what, value));
      }
    }
    return values;
  }

  /** Copies an array of the engine, which is a null pointer if nothing is in it. */
  private static int[] ints(IntPointer source, int count) {
    int[] copy = new int[count];
    if (count > 0) {
      source.get(copy);
    }
    return copy;
  }

  private static float[] floats(FloatPointer source, int count) {
    float[] copy = new float[count];
    if (count > 0) {
      source.get(copy);
    }
    return copy;
  }
}
