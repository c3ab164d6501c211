package org.sae4j.bench;

import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.sae4j.format.container.DType;
import org.sae4j.format.container.SafetensorsWriter;

/** A random TopK SAE in a temporary folder, as SAELens writes them; closing deletes it. */
record SaeFolder(Path path) implements AutoCloseable {
  private static final String CONFIG = "cfg.json";
  private static final String WEIGHTS = "sae_weights.safetensors";

  /** The SAE of {@link Gpt2Small}. */
  static SaeFolder gpt2Small() throws IOException {
    return write(Gpt2Small.SHAPE.embedding(), Gpt2Small.LATENTS, Gpt2Small.K);
  }

  static SaeFolder write(int d, int latents, int k) throws IOException {
    SaeFolder folder = new SaeFolder(Files.createTempDirectory("sae4j-bench"));
    Files.writeString(
        folder.path.resolve(CONFIG),
        """
        {"architecture": "topk", "d_in": %d, "d_sae": %d, "k": %d, "dtype": "float32",
         "device": "cpu", "apply_b_dec_to_input": true, "normalize_activations": "none",
         "reshape_activations": "none", "rescale_acts_by_decoder_norm": false,
         "metadata": {"hook_name": "%s", "prepend_bos": false}}
        """
            .formatted(d, latents, k, Gpt2Small.HOOK.name()));
    new SafetensorsWriter()
        .tensor("W_enc", DType.F32, d, latents)
        .tensor("W_dec", DType.F32, latents, d)
        .tensor("b_enc", DType.F32, latents)
        .tensor("b_dec", DType.F32, d)
        .write(
            folder.path.resolve(WEIGHTS),
            output -> {
              for (String matrix : new String[] {"W_enc", "W_dec"}) {
                output.append(matrix, FloatBuffer.wrap(Gpt2Small.saeRows(matrix, latents, d)));
              }
              output.append("b_enc", FloatBuffer.allocate(latents));
              output.append("b_dec", FloatBuffer.allocate(d));
            });
    return folder;
  }

  @Override
  public void close() throws IOException {
    Files.deleteIfExists(path.resolve(WEIGHTS));
    Files.deleteIfExists(path.resolve(CONFIG));
    Files.deleteIfExists(path);
  }
}
