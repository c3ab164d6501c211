package org.sae4j;

import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
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
    weights(width, latents, width)
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

  /** ReLU whose latents are zero whatever it reads, so that its output is all ones. */
  static Sae silent(Path folder, int width, int latents) throws IOException {
    Files.createDirectories(folder);
    Files.writeString(
        folder.resolve("cfg.json"),
        """
        {"architecture": "standard", "d_in": %d, "d_sae": %d, "dtype": "float32",
         "apply_b_dec_to_input": true, "normalize_activations": "none",
         "reshape_activations": "none", "metadata": {"sae_lens_version": "6.54.12"}}
        """
            .formatted(width, latents));
    weights(width, latents, width)
        .write(
            folder.resolve("sae_weights.safetensors"),
            out -> {
              out.append("W_enc", filled(width * latents, 0));
              out.append("W_dec", filled(width * latents, 1));
              out.append("b_enc", filled(latents, -1));
              out.append("b_dec", filled(width, 1));
            });
    return Sae.open(folder);
  }

  /** ReLU, about half of whose latents are active. */
  static Sae relu(Path folder, int width, int latents) throws IOException {
    Files.createDirectories(folder);
    Files.writeString(
        folder.resolve("cfg.json"),
        """
        {"architecture": "standard", "d_in": %d, "d_sae": %d, "dtype": "float32",
         "apply_b_dec_to_input": true, "normalize_activations": "none",
         "reshape_activations": "none", "metadata": {"sae_lens_version": "6.54.12"}}
        """
            .formatted(width, latents));
    SplittableRandom random = new SplittableRandom(width * 31L + latents);
    weights(width, latents, width)
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

  /**
   * A skip transcoder of ReLU.
   *
   * @param in the hook that it reads, of this width
   * @param out the hook that its output replaces
   */
  static Sae skipTranscoder(
      Path folder, String in, int width, int latents, String out, int widthOut) throws IOException {
    Files.createDirectories(folder);
    Files.writeString(
        folder.resolve("cfg.json"),
        """
        {"architecture": "skip_transcoder", "d_in": %d, "d_out": %d, "d_sae": %d,
         "dtype": "float32", "apply_b_dec_to_input": false, "normalize_activations": "none",
         "metadata": {"sae_lens_version": "6.54.12", "hook_name": "%s", "hook_name_out": "%s"}}
        """
            .formatted(width, widthOut, latents, in, out));
    SplittableRandom random = new SplittableRandom(width * 31L + widthOut);
    weights(width, latents, widthOut)
        .tensor("W_skip", DType.F32, widthOut, width)
        .write(
            folder.resolve("sae_weights.safetensors"),
            file -> {
              file.append("W_enc", gaussian(random, width * latents, 0.5));
              file.append("W_dec", gaussian(random, latents * widthOut, 0.5));
              file.append("b_enc", gaussian(random, latents, 0.1));
              file.append("b_dec", gaussian(random, widthOut, 1));
              file.append("W_skip", gaussian(random, widthOut * width, 0.3));
            });
    return Sae.open(folder);
  }

  /** A folder of sparsify: TopK with {@code k} of {@code latents}, and a skip connection. */
  static Sae skip(Path folder, int width, int latents, int k) throws IOException {
    Files.createDirectories(folder);
    Files.writeString(
        folder.resolve("cfg.json"),
        """
        {"activation": "topk", "num_latents": %d, "k": %d, "skip_connection": true,
         "transcode": false, "d_in": %d}
        """
            .formatted(latents, k, width));
    SplittableRandom random = new SplittableRandom(width * 31L + latents);
    new SafetensorsWriter()
        .tensor("encoder.weight", DType.F32, latents, width)
        .tensor("encoder.bias", DType.F32, latents)
        .tensor("W_dec", DType.F32, latents, width)
        .tensor("b_dec", DType.F32, width)
        .tensor("W_skip", DType.F32, width, width)
        .write(
            folder.resolve("sae.safetensors"),
            out -> {
              out.append("encoder.weight", gaussian(random, latents * width, 0.5));
              out.append("encoder.bias", gaussian(random, latents, 0.1));
              out.append("W_dec", gaussian(random, latents * width, 0.5));
              out.append("b_dec", gaussian(random, width, 1));
              out.append("W_skip", gaussian(random, width * width, 0.3));
            });
    return Sae.open(folder);
  }

  /** Weights so large that products with ordinary numbers leave the range of floats. */
  static Sae steep(Path folder, String architecture, int width, int latents) throws IOException {
    Files.createDirectories(folder);
    Files.writeString(
        folder.resolve("cfg.json"),
        """
        {"architecture": "%s", %s "d_in": %d, "d_sae": %d, "dtype": "float32",
         "apply_b_dec_to_input": true, "normalize_activations": "none",
         "metadata": {"sae_lens_version": "6.54.12"}}
        """
            .formatted(
                architecture, architecture.equals("topk") ? "\"k\": 4," : "", width, latents));
    weights(width, latents, width)
        .write(
            folder.resolve("sae_weights.safetensors"),
            out -> {
              out.append("W_enc", filled(width * latents, 1e30f));
              out.append("W_dec", filled(width * latents, 1));
              out.append("b_enc", filled(latents, 0));
              out.append("b_dec", filled(width, 0));
            });
    return Sae.open(folder);
  }

  private static SafetensorsWriter weights(int width, int latents, int widthOut) {
    return new SafetensorsWriter()
        .tensor("W_enc", DType.F32, width, latents)
        .tensor("W_dec", DType.F32, latents, widthOut)
        .tensor("b_enc", DType.F32, latents)
        .tensor("b_dec", DType.F32, widthOut);
  }

  private static FloatBuffer gaussian(SplittableRandom random, int count, double deviation) {
    FloatBuffer values = FloatBuffer.allocate(count);
    for (int i = 0; i < count; i++) {
      values.put((float) (deviation * random.nextGaussian()));
    }
    return values.flip();
  }

  private static FloatBuffer filled(int count, float value) {
    float[] values = new float[count];
    Arrays.fill(values, value);
    return FloatBuffer.wrap(values);
  }
}
