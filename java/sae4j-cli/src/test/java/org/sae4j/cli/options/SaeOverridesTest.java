package org.sae4j.cli.options;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sae4j.cli.CommandRun;
import org.sae4j.cli.TestArguments;
import org.sae4j.cli.terminal.ExitCode;
import org.sae4j.format.container.Safetensors;
import org.sae4j.format.container.StoredTensor;

/** What the user knows better than an SAE's file, and what the file says of the model. */
class SaeOverridesTest {
  @TempDir Path folder;

  private static CommandRun eval(String model, String sae, String tokens, String... more) {
    List<String> args =
        List.of("eval", "--model", model, "--sae", sae, "--tokens", tokens, "--json", "-");
    return CommandRun.of(CommandRun.args(args, more));
  }

  private static CommandRun evalCase(String name, String sae, String... more) {
    String path = TestArguments.path("cases/" + name);
    return eval(TestArguments.MODEL, path + "/" + sae, path + "/tokens.json", more);
  }

  private static void assertKl(CommandRun run, double kl) {
    assertThat(run.exitCode()).as(run.err()).isZero();
    double found = CommandRun.onlySae(run.json()).get("kl").getAsDouble();
    assertThat(found).isCloseTo(kl, within(1e-4 * kl));
  }

  @ParameterizedTest
  @CsvSource({
    "hook_z-fold_value_biases, sae, 0.04779546",
    "ln_final-hook_normalized, sae, 4.051116",
  })
  void whatTheModelWasMadeOfCounts(String name, String sae, double kl) {
    CommandRun run = evalCase(name, sae);
    assertKl(run, kl);
    assertThat(run.err()).doesNotContain("ignored").doesNotContain("not used");
    assertThat(input(run).get("fold_value_biases").getAsBoolean())
        .isEqualTo(name.startsWith("hook_z"));
  }

  @Test
  void logitsAndLatentsAreOfHeadsWithoutValueBiasesToo() {
    String path = TestArguments.path("cases/hook_z-fold_value_biases");
    CommandRun latent =
        CommandRun.of(
            "latent",
            "--model",
            TestArguments.MODEL,
            "--sae",
            path + "/sae",
            "--tokens",
            path + "/tokens.json",
            "--top",
            "1");
    assertThat(latent.exitCode()).as(latent.err()).isZero();
    CommandRun logits =
        CommandRun.of(
            "logits",
            "--model",
            TestArguments.MODEL,
            "--sae",
            path + "/sae",
            "--tokens",
            path + "/tokens.json",
            "--max-tokens",
            "40",
            "--replace",
            "sae",
            "-o",
            "" + folder.resolve("logits.safetensors"));
    assertThat(logits.exitCode()).as(logits.err()).isZero();
  }

  @Test
  void aTranscoderMayBeSaidToBeOne() {
    CommandRun unsaid = evalCase("sparsify-transcoder-of-2024", "h.3");
    assertThat(unsaid.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(unsaid.err()).contains("h.3/cfg.json: transcode: expected true or false");

    CommandRun transcoder = evalCase("sparsify-transcoder-of-2024", "h.3", "--transcoder");
    assertKl(transcoder, 4.975361);
    assertThat(transcoder.err()).contains("assumed transcode true: given by the caller");
    assertThat(option(transcoder, "transcoder")).isEqualTo("true");
    assertThat(input(transcoder).get("hook_out").getAsString())
        .isEqualTo("blocks.3.hook_resid_post");

    CommandRun sae = evalCase("sparsify-transcoder-of-2024", "h.3", "--no-transcoder");
    assertKl(sae, 5.05278);
    assertThat(option(sae, "transcoder")).isEqualTo("false");
    assertThat(option(evalCase("ln_final-hook_normalized", "sae"), "transcoder")).isEqualTo("null");
  }

  private static String option(CommandRun run, String name) {
    return run.json().getAsJsonObject("options").get(name).toString();
  }

  private static JsonObject input(CommandRun run) {
    return run.json().getAsJsonArray("inputs").get(1).getAsJsonObject();
  }

  /** The same model, but that all channels of its residual stream are 3 more than they were. */
  @Test
  void aCentredStreamIsNamedAndTheOptionMendsIt() throws IOException {
    Path model = Files.createDirectory(folder.resolve("model"));
    for (String file : List.of("config.json", "tokenizer.json", "model.safetensors")) {
      Files.copy(Path.of(TestArguments.path("model"), file), model.resolve(file));
    }
    shift(model.resolve("model.safetensors"), "transformer.wte.weight");
    String sae = TestArguments.path("saes/saelens/standard");

    CommandRun wrong = eval("" + model, sae, TestArguments.TOKENS, "--max-tokens", "512");
    assertThat(wrong.exitCode()).as(wrong.err()).isZero();
    assertThat(wrong.err())
        .contains("; without each token's mean over the width it would be 0.9")
        .contains("is --centred missing?");
    assertThat(option(wrong, "centred")).isEqualTo("false");

    CommandRun mended =
        eval("" + model, sae, TestArguments.TOKENS, "--max-tokens", "512", "--centred");
    assertThat(mended.exitCode()).as(mended.err()).isZero();
    assertThat(mended.err()).doesNotContain("warning").contains("assumed centred true: given by");
    assertThat(option(mended, "centred")).isEqualTo("true");
    assertThat(input(mended).get("centre_input").getAsBoolean()).isTrue();

    Path converted = folder.resolve("converted");
    CommandRun convert = CommandRun.of("convert", "--sae", sae, "--centred", "-o", "" + converted);
    assertThat(convert.exitCode()).as(convert.err()).isZero();
    assertThat(Files.readString(converted.resolve("cfg.json")))
        .contains("\"center_writing_weights\":true");
  }

  private static void shift(Path file, String name) throws IOException {
    StoredTensor tensor = Safetensors.read(file).tensor(name);
    float[] values = tensor.toFloats();
    ByteBuffer bytes =
        ByteBuffer.allocate(Float.BYTES * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      bytes.putFloat(value + 3);
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.write(bytes.flip(), tensor.offset());
    }
  }
}
