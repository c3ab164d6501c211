package org.sae4j.bench;

import static org.sae4j.engine.global.sae4j.*;

import java.util.HashMap;
import java.util.Map;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.sae4j.Precision;
import org.sae4j.arch.ModelShape;
import org.sae4j.engine.loader.NativeEngine;
import org.sae4j.engine.sae4j_chunk;
import org.sae4j.engine.sae4j_model;
import org.sae4j.engine.sae4j_model_params;
import org.sae4j.engine.sae4j_sae;
import org.sae4j.engine.sae4j_session;
import org.sae4j.engine.sae4j_tensor_info;
import org.sae4j.engine.sae4j_times;
import org.sae4j.format.model.GgufModelHeader;

/**
 * The model and SAEs of {@link Gpt2Small} in the engine, without the Java API around it: for what
 * that does not show, the seconds of each step and the ablation.
 */
final class BareEngine implements AutoCloseable {
  private static final ModelShape SHAPE = Gpt2Small.SHAPE;

  private final sae4j_session session = new sae4j_session();
  private final sae4j_model model = new sae4j_model();
  private final Map<Integer, sae4j_sae> saes = new HashMap<>();

  BareEngine(Precision precision, int threads) {
    NativeEngine.load();
    check(sae4j_session_new(sae4j_session_default_params().n_threads(threads), session));
    int engines = precision == Precision.BF16 ? SAE4J_PRECISION_BF16 : SAE4J_PRECISION_F32;
    byte[] header = GgufModelHeader.of(SHAPE);
    try (PointerScope scope = new PointerScope()) {
      sae4j_model_params params = sae4j_model_default_params().precision(engines);
      check(sae4j_model_new(new BytePointer(header), header.length, params, model));
    }
    writeModel();
    check(sae4j_model_finish(model));
  }

  static void check(int status) {
    if (status != SAE4J_OK) {
      throw new IllegalStateException(sae4j_last_error().getString());
    }
  }

  /** The zeroed struct that was passed in. */
  static <P extends Pointer> P zeroed(P struct) {
    Pointer.memset(struct, 0, struct.capacity() * struct.sizeof());
    return struct;
  }

  /** The name of the hook that the SAE is for. */
  static BytePointer hook() {
    return new BytePointer(Gpt2Small.HOOK.name());
  }

  sae4j_session session() {
    return session;
  }

  sae4j_model model() {
    return model;
  }

  /** Seconds so far; the caller frees it. */
  sae4j_times times() {
    return sae4j_session_get_times(session);
  }

  /** The SAE that keeps k latents. */
  sae4j_sae sae(int k) {
    return saes.computeIfAbsent(k, BareEngine::newSae);
  }

  private static sae4j_sae newSae(int k) {
    int d = SHAPE.embedding();
    int n = Gpt2Small.LATENTS;
    sae4j_sae sae = new sae4j_sae();
    check(sae4j_sae_new(sae4j_sae_default_params().d(d).n(n).activation(SAE4J_TOPK).k(k), sae));
    writeSae(sae, SAE4J_W_ENC, Gpt2Small.saeRows("W_enc", n, d));
    writeSae(sae, SAE4J_W_DEC, Gpt2Small.saeRows("W_dec", n, d));
    writeSae(sae, SAE4J_B_ENC, new float[n]);
    writeSae(sae, SAE4J_B_DEC, new float[d]);
    check(sae4j_sae_finish(sae));
    return sae;
  }

  private static void writeSae(sae4j_sae sae, int tensor, float[] values) {
    try (PointerScope scope = new PointerScope()) {
      check(sae4j_sae_write(sae, tensor, chunk(values)));
    }
  }

  private void writeModel() {
    try (PointerScope scope = new PointerScope()) {
      sae4j_tensor_info tensor = sae4j_model_get_tensor(model, 0);
      for (int i = 0; tensor.name() != null; tensor = sae4j_model_get_tensor(model, ++i)) {
        write(tensor.name().getString(), (int) tensor.rows(), (int) tensor.columns());
      }
    }
  }

  private void write(String name, int rows, int columns) {
    try (PointerScope scope = new PointerScope()) {
      check(sae4j_model_write(model, name, chunk(Gpt2Small.tensor(name, rows, columns))));
    }
  }

  private static sae4j_chunk chunk(float[] values) {
    return zeroed(new sae4j_chunk())
        .dtype(SAE4J_DTYPE_F32)
        .count(values.length)
        .data(new FloatPointer(values));
  }

  @Override
  public void close() {
    saes.values().forEach(org.sae4j.engine.global.sae4j::sae4j_sae_free);
    sae4j_model_free(model);
    sae4j_session_free(session);
  }
}
