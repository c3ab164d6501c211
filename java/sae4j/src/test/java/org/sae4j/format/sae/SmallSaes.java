package org.sae4j.format.sae;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.sae4j.format.container.NpyBytes;
import org.sae4j.format.container.SafetensorsFiles;
import org.sae4j.format.torch.TorchFiles;
import org.sae4j.format.torch.TorchTensors;

/** Sound SAEs of every format, small enough to be spoiled and read a thousand times. */
public final class SmallSaes {
  private SmallSaes() {}

  /** Writes them into a folder. */
  public static List<Path> write(Path folder) throws IOException {
    Stream<Path> synthetic = SyntheticSaes.write(folder.resolve("synthetic"), 6).stream();
    Stream<Path> others =
        Stream.of(npz(folder), sparsify(folder), openAi(folder), oldSaeLens(folder), gated(folder));
    return Stream.concat(others, synthetic).toList();
  }

  private static Path npz(Path folder) throws IOException {
    return new TorchFiles()
        .entry("W_enc.npy", NpyBytes.f32(2, 3))
        .entry("W_dec.npy", NpyBytes.f32(3, 2))
        .entry("b_enc.npy", NpyBytes.f32(3))
        .entry("b_dec.npy", NpyBytes.f32(2))
        .entry("threshold.npy", NpyBytes.f32(3))
        .write(folder.resolve("params.npz"));
  }

  private static Path sparsify(Path folder) throws IOException {
    Path sae = Files.createDirectory(folder.resolve("h.3"));
    Files.writeString(
        sae.resolve("cfg.json"),
        "{\"d_in\": 2, \"num_latents\": 4, \"k\": 2, \"activation\": \"groupmax\"}");
    new SafetensorsFiles()
        .f32("encoder.weight", 4, 2)
        .f32("encoder.bias", 4)
        .f32("W_dec", 4, 2)
        .f32("b_dec", 2)
        .write(sae.resolve("sae.safetensors"));
    return sae;
  }

  private static Path openAi(Path folder) throws IOException {
    return new TorchTensors()
        .f32("encoder.weight", 3, 2)
        .f32("decoder.weight", 2, 3)
        .f32("latent_bias", 3)
        .f32("pre_bias", 2)
        .other("activation", p -> p.text("TopK"))
        .other("activation_state_dict", p -> p.op('}', '(').text("k").number(2).op('u'))
        .write(folder.resolve("sae.pt"));
  }

  private static Path oldSaeLens(Path folder) throws IOException {
    Path sae = Files.createDirectory(folder.resolve("old_saelens"));
    Files.writeString(
        sae.resolve("cfg.json"),
        """
        {"architecture": "standard", "d_in": 2, "d_sae": 3, "dtype": "torch.float32",
         "hook_point": "blocks.3.hook_resid_pre", "hook_point_layer": 3,
         "activation_fn_str": "topk", "activation_fn_kwargs": {"k": 2},
         "model_from_pretrained_kwargs": {"center_writing_weights": true},
         "normalize_activations": "none", "prepend_bos": true, "context_size": 64}
        """);
    new SafetensorsFiles()
        .f32("W_enc", 2, 3)
        .f32("W_dec", 3, 2)
        .f32("b_enc", 3)
        .f32("b_dec", 2)
        .write(sae.resolve("sae_weights.safetensors"));
    return sae;
  }

  private static Path gated(Path folder) throws IOException {
    Path sae = Files.createDirectory(folder.resolve("gated_saelens"));
    Files.writeString(
        sae.resolve("cfg.json"),
        """
        {"architecture": "gated", "d_in": 2, "d_sae": 3, "dtype": "float32", "device": "cpu",
         "reshape_activations": "none", "normalize_activations": "layer_norm",
         "metadata": {"sae_lens_version": "6.1.0", "hook_name": "blocks.3.hook_resid_pre"}}
        """);
    new SafetensorsFiles()
        .f32("W_enc", 2, 3)
        .f32("W_dec", 3, 2)
        .f32("b_gate", 3)
        .f32("b_mag", 3)
        .f32("r_mag", 3)
        .f32("b_dec", 2)
        .write(sae.resolve("sae_weights.safetensors"));
    return sae;
  }
}
