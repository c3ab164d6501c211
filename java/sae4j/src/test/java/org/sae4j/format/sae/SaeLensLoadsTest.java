package org.sae4j.format.sae;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sae4j.Sae;
import org.sae4j.format.SaeOverrides;
import org.sae4j.format.container.DType;
import org.sae4j.format.container.Safetensors;
import org.sae4j.format.container.SafetensorsWriter;
import org.sae4j.testing.TestData;

/**
 * SAELens itself loads what was converted, and agrees with what sae4j makes of the original.
 *
 * <p>Needs a Python with {@code sae_lens}, which the environment variable {@code SAE4J_PYTHON}
 * names.
 */
class SaeLensLoadsTest {
  private static final double RELATIVE = 1e-5;
  private static final int NO_SAE_LENS = 77;
  private static final String HOOK = "blocks.3.hook_resid_post";
  private static final int WIDTH = 192;

  private static final List<String> FIXTURES =
      List.of(
          "openai/resid_post_mlp_layer3_k16.pt",
          "openai/resid_post_mlp_layer3_k4.pt",
          "saelens/standard",
          "saelens/topk",
          "saelens/jumprelu",
          "saelens/gated",
          "saelens/topk_layer_norm",
          "saelens/old_topk",
          "dictionary_learning/standard",
          "dictionary_learning/topk",
          "sparsify/h.3",
          "gemma_scope/layer_3/width_1k/average_l0_16");

  @TempDir Path folder;

  @Test
  void agreesOnEveryConvertedFolder() throws Exception {
    Optional<String> python = Optional.ofNullable(System.getenv("SAE4J_PYTHON"));
    assumeTrue(python.isPresent(), "SAE4J_PYTHON names no Python with sae_lens");
    List<Path> originals = new ArrayList<>();
    FIXTURES.forEach(name -> originals.add(TestData.path("saes").resolve(name)));
    originals.addAll(SyntheticSaes.write(folder.resolve("originals"), WIDTH));
    float[] x = activations();
    List<Path> converted = convert(originals);

    Safetensors outputs = saeLensOutputs(python.get(), x, converted);

    for (int i = 0; i < originals.size(); i++) {
      float[] theirs = outputs.tensor(String.valueOf(i)).toFloats();
      double difference = relativeDifference(reconstruct(originals.get(i), x), theirs);
      assertThat(difference).as("%s", originals.get(i)).isLessThan(RELATIVE);
      assertThat(relativeDifference(reconstruct(converted.get(i), x), theirs))
          .as("%s", converted.get(i))
          .isLessThan(RELATIVE);
    }
  }

  private static float[] activations() throws IOException {
    Path file = TestData.path("expected/activations.safetensors");
    return Safetensors.read(file).tensor(HOOK).toFloats();
  }

  private List<Path> convert(List<Path> originals) throws IOException {
    List<Path> converted = new ArrayList<>();
    for (Path original : originals) {
      SaeFile sae = SaeFormats.read(original, SaeOverrides.none());
      Path target = folder.resolve("converted" + converted.size());
      SaeLensConversion.of(sae).write(sae.config().hookName().orElse(HOOK), target, done -> {});
      converted.add(target);
    }
    return converted;
  }

  private static float[] reconstruct(Path path, float[] x) throws IOException {
    try (Sae sae = Sae.open(path)) {
      return sae.reconstruct(x);
    }
  }

  private Safetensors saeLensOutputs(String python, float[] x, List<Path> folders)
      throws IOException, InterruptedException {
    Path input = folder.resolve("x.safetensors");
    new SafetensorsWriter()
        .tensor("x", DType.F32, x.length / WIDTH, WIDTH)
        .write(input, out -> out.append("x", FloatBuffer.wrap(x)));
    Path output = folder.resolve("y.safetensors");
    Path script = TestData.path("").resolve("../java/sae4j/src/test/python/sae_lens_outputs.py");
    List<String> command = new ArrayList<>(List.of(python, script.toString()));
    command.addAll(List.of(input.toString(), output.toString()));
    folders.forEach(each -> command.add(each.toString()));
    Path log = folder.resolve("log");
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    assertThat(process.waitFor(10, TimeUnit.MINUTES)).isTrue();
    String said = Files.readString(log);
    assumeTrue(process.exitValue() != NO_SAE_LENS, python + " has no sae_lens: " + said);
    assertThat(process.exitValue()).as(said).isZero();
    return Safetensors.read(output);
  }

  /** The largest difference, by the largest number of the second. */
  private static double relativeDifference(float[] ours, float[] theirs) {
    assertThat(ours).hasSameSizeAs(theirs);
    double largest = 0;
    double difference = 0;
    for (int i = 0; i < ours.length; i++) {
      largest = Math.max(largest, Math.abs(theirs[i]));
      difference = Math.max(difference, Math.abs((double) ours[i] - theirs[i]));
    }
    return difference / largest;
  }
}
