package org.sae4j.cli;

import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.sae4j.format.container.DType;
import org.sae4j.format.container.SafetensorsWriter;

/** A SAELens folder with a small SAE that means nothing. */
public final class TinySae {
  private static final int LATENTS = 16;

  private TinySae() {}

  public static void write(Path folder, int width, String normalization) throws IOException {
    write(folder, width, normalization, TestArguments.HOOK);
  }

  public static void write(Path folder, int width, String normalization, String hook)
      throws IOException {
    Files.createDirectories(folder);
    Files.writeString(
        folder.resolve("cfg.json"),
        """
        {"architecture": "standard", "d_in": %d, "d_sae": %d, "dtype": "float32",
         "apply_b_dec_to_input": true, "normalize_activations": "%s",
         "reshape_activations": "none",
         "metadata": {"sae_lens_version": "6.54.12", "hook_name": "%s"}}
        """
            .formatted(width, LATENTS, normalization, hook));
    new SafetensorsWriter()
        .tensor("W_enc", DType.F32, width, LATENTS)
        .tensor("W_dec", DType.F32, LATENTS, width)
        .tensor("b_enc", DType.F32, LATENTS)
        .tensor("b_dec", DType.F32, width)
        .write(
            folder.resolve("sae_weights.safetensors"),
            out -> {
              for (String matrix : List.of("W_enc", "W_dec")) {
                out.append(matrix, ramp(width * LATENTS));
              }
              out.append("b_enc", ramp(LATENTS));
              out.append("b_dec", ramp(width));
            });
  }

  private static FloatBuffer ramp(int length) {
    FloatBuffer values = FloatBuffer.allocate(length);
    for (int i = 0; i < length; i++) {
      values.put(0.01f * (i % 7 - 3));
    }
    return values.flip();
  }
}
