package org.sae4j.cli.options;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sae4j.cli.CommandRun;
import org.sae4j.cli.TestArguments;
import org.sae4j.cli.terminal.ExitCode;
import org.sae4j.format.container.DType;
import org.sae4j.format.container.Safetensors;
import org.sae4j.format.container.SafetensorsWriter;
import org.sae4j.format.container.StoredTensor;

/** A transcoder of a layer norm whose configuration tells the wrong side of weight and bias. */
class HookNormalizedTest {
  private static final int D = 192;

  /** About the standard deviation of the residual stream. */
  private static final float DEVIATION = 1.49f;

  @TempDir Path folder;
  private Path model;
  private float[] weight;
  private float[] bias;

  /**
   * The same model, but that its norm multiplies by 1, 2, 4, 8 and so on more than it did, which
   * the MLP divides by: so it matters which side of the weights is meant.
   */
  @BeforeEach
  void changeTheNorm() throws IOException {
    model = Files.createDirectory(folder.resolve("model"));
    for (String file : List.of("config.json", "tokenizer.json", "model.safetensors")) {
      Files.copy(Path.of(TestArguments.path("model"), file), model.resolve(file));
    }
    weight = rescaled("ln_2.weight", false);
    bias = rescaled("ln_2.bias", false);
    rescaled("mlp.c_fc.weight", true);
  }

  /** Changes a tensor of [192] or [192, n] in the model's file, and returns it. */
  private float[] rescaled(String name, boolean divided) throws IOException {
    Path file = model.resolve("model.safetensors");
    StoredTensor tensor = Safetensors.read(file).tensor("transformer.h.3." + name);
    float[] values = tensor.toFloats();
    ByteBuffer bytes =
        ByteBuffer.allocate(Float.BYTES * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < values.length; i++) {
      float factor = 1 << i / (values.length / D) % 4;
      values[i] = divided ? values[i] / factor : values[i] * factor;
      bytes.putFloat(values[i]);
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.write(bytes.flip(), tensor.offset());
    }
    return values;
  }

  @ParameterizedTest
  @CsvSource({"after, before, true", "before, after, false"})
  void isNamedAndTheOptionMendsIt(String right, String told, boolean foldLn) throws IOException {
    Path transcoder = transcoder(right.equals("after"), foldLn);

    CommandRun wrong = eval(transcoder);
    assertThat(wrong.exitCode()).as(wrong.err()).isZero();
    assertThat(wrong.err())
        .contains("; at a layer norm " + right + " its weight and bias it would be 0.");
    assertThat(explainedVariance(wrong)).isLessThan(0.5);
    assertThat(hook(wrong)).isEqualTo(name(told));

    CommandRun mended = eval(transcoder, "--hook-normalized", right);
    assertThat(mended.exitCode()).as(mended.err()).isZero();
    assertThat(mended.err())
        .doesNotContain("warning")
        .contains(" given by the caller, instead of the file's " + told);
    assertThat(explainedVariance(mended)).isGreaterThan(0.8);
    assertThat(hook(mended)).isEqualTo(name(right));
    assertThat(mended.json().getAsJsonObject("options").get("hook_normalized").getAsString())
        .isEqualTo(right);
  }

  @Test
  void thereAreTwoSides() throws IOException {
    CommandRun run = eval(transcoder(true, true), "--hook-normalized", "inside");

    assertThat(run.exitCode()).isEqualTo(ExitCode.WRONG_USAGE);
    assertThat(run.err()).contains("--hook-normalized", "before", "after", "inside");
  }

  private static String name(String side) {
    return "blocks.3.ln2." + (side.equals("before") ? "hook_standardized" : "hook_normalized");
  }

  private CommandRun eval(Path transcoder, String... more) {
    List<String> args =
        List.of(
            "eval --model %s --sae %s --text %s --max-tokens 512 --json -"
                .formatted(model, transcoder, TestArguments.TEXT)
                .split(" "));
    return CommandRun.of(CommandRun.args(args, more));
  }

  private static double explainedVariance(CommandRun run) {
    return CommandRun.onlySae(run.json()).get("explained_variance").getAsDouble();
  }

  private static String hook(CommandRun run) {
    JsonObject sae = run.json().getAsJsonArray("inputs").get(1).getAsJsonObject();
    return sae.get("hook").getAsString();
  }

  /**
   * From the norm to the residual stream behind the MLP, most of which the norm has read, but for
   * scale and mean: y ≈ deviation · s, each s as ReLU(s) − ReLU(−s).
   *
   * @param after whether it reads s · weight + bias instead of s
   */
  private Path transcoder(boolean after, boolean foldLn) throws IOException {
    Path target = Files.createDirectory(folder.resolve("transcoder"));
    Files.writeString(
        target.resolve("cfg.json"),
        """
        {"architecture": "transcoder", "d_in": 192, "d_sae": 384, "d_out": 192,
         "dtype": "float32", "apply_b_dec_to_input": false, "normalize_activations": "none",
         "metadata": {"sae_lens_version": "6.20.0",
          "hook_name": "blocks.3.ln2.hook_normalized", "hook_name_out": "blocks.3.hook_resid_post",
          "model_from_pretrained_kwargs": {"fold_ln": %s}}}
        """
            .formatted(foldLn));
    float[] enc = new float[D * 2 * D];
    float[] dec = new float[2 * D * D];
    float[] encBias = new float[2 * D];
    for (int i = 0; i < D; i++) {
      enc[i * 2 * D + i] = after ? 1 / weight[i] : 1;
      enc[i * 2 * D + D + i] = -enc[i * 2 * D + i];
      encBias[i] = after ? -bias[i] / weight[i] : 0;
      encBias[D + i] = -encBias[i];
      dec[i * D + i] = DEVIATION;
      dec[(D + i) * D + i] = -DEVIATION;
    }
    new SafetensorsWriter()
        .tensor("W_enc", DType.F32, D, 2 * D)
        .tensor("b_enc", DType.F32, 2 * D)
        .tensor("W_dec", DType.F32, 2 * D, D)
        .tensor("b_dec", DType.F32, D)
        .write(
            target.resolve("sae_weights.safetensors"),
            out -> {
              out.append("W_enc", FloatBuffer.wrap(enc));
              out.append("b_enc", FloatBuffer.wrap(encBias));
              out.append("W_dec", FloatBuffer.wrap(dec));
              out.append("b_dec", FloatBuffer.wrap(new float[D]));
            });
    return target;
  }
}
