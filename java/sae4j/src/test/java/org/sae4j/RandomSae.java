package org.sae4j;

import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.sae4j.format.DType;
import org.sae4j.format.SafetensorsWriter;

/** SAELens folders with random weights. */
final class RandomSae {
  private RandomSae() {}

  /** TopK with {@code k} of {@code latents}, scaled by decoder norms, and a large decoder bias. */
  static Sae topK(Path folder, int width, int latents, int k, String normalization)
      throws IOException {
    Files.createDirectories(folder);
    Files.writeString(
        folder.resolve("cfg.json"),
        """
        {"architecture": "topk", "k": %d, "d_in": %d, "d_sae": %d, "dtype": "float32",
         "apply_b_dec_to_input": true, "rescale_acts_by_decoder_norm": true,
         "normalize_activations": "%s", "reshape_activations": "none",
         "metadata": {"sae_lens_version": "6.54.12"}}
        """
            .formatted(k, width, latents, normalization));
    SplittableRandom random = new SplittableRandom(width * 31L + latents);
    new SafetensorsWriter()
        .tensor("W_enc", DType.F32, width, latents)
        .tensor("W_dec", DType.F32, latents, width)
        .tensor("b_enc", DType.F32, latents)
        .tensor("b_dec", DType.F32, width)
        .write(
            folder.resolve("sae_weights.safetensors"),
            out -> {
              out.append("W_enc", gaussian(random, width * latents, 0.5));
              out.append("W_dec", gaussian(random, width * latents, 0.5));
              out.append("b_enc", gaussian(random, latents, 0.1));
              out.append("b_dec", gaussian(random, width, 1));
            });
    return Sae.open(folder);
  }

  private static FloatBuffer gaussian(SplittableRandom random, int count, double deviation) {
    FloatBuffer values = FloatBuffer.allocate(count);
    for (int i = 0; i < count; i++) {
      values.put((float) (deviation * random.nextGaussian()));
    }
    return values.flip();
  }
}
