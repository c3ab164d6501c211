package org.sae4j.format.sae;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sae4j.Model;
import org.sae4j.Sae;
import org.sae4j.arch.HookPoint;
import org.sae4j.eval.Evaluation;
import org.sae4j.eval.EvaluationOptions;
import org.sae4j.eval.EvaluationResult;
import org.sae4j.format.Normalization;
import org.sae4j.format.SaeOverrides;
import org.sae4j.format.SaeTensor;
import org.sae4j.format.container.NpyBytes;
import org.sae4j.format.container.SafetensorsFiles;
import org.sae4j.format.container.StoredTensor;
import org.sae4j.format.torch.TorchFiles;
import org.sae4j.format.torch.TorchTensors;
import org.sae4j.testing.TestData;
import org.sae4j.tokens.Sequences;

/** The format of a file changes nothing about what an SAE does to the model. */
class OneSaeInManyFormatsTest {
  private static final SaeOverrides PLAIN =
      SaeOverrides.none().withNormalization(Normalization.NONE);

  @TempDir Path folder;

  /** An SAE whose parameters can be told to any format. */
  private record Parameters(
      int d,
      int n,
      byte[] encoder,
      byte[] encoderT,
      byte[] decoder,
      byte[] decoderT,
      byte[] bEnc,
      byte[] bDec) {

    static Parameters of(SaeFile sae, boolean withDecoderBias) throws IOException {
      int d = sae.config().dIn();
      StoredTensor encoder = sae.tensor(SaeTensor.W_ENC);
      StoredTensor decoder = sae.tensor(SaeTensor.W_DEC);
      float[] bDec = sae.tensor(SaeTensor.B_DEC).toFloats();
      return new Parameters(
          d,
          sae.config().dSae(),
          TorchFiles.bytes(encoder.toFloats()),
          TorchFiles.bytes(encoder.transposed().toFloats()),
          TorchFiles.bytes(decoder.toFloats()),
          TorchFiles.bytes(decoder.transposed().toFloats()),
          TorchFiles.bytes(sae.tensor(SaeTensor.B_ENC).toFloats()),
          TorchFiles.bytes(withDecoderBias ? bDec : new float[d]));
    }
  }

  @Test
  void topK() throws IOException {
    Parameters sae = Parameters.of(read("saes/saelens/topk"), true);
    List<EvaluationResult> results =
        evaluate(
            List.of(
                TestData.path("saes/saelens/topk"),
                oldSaeLens(sae, 16),
                TestData.path("saes/dictionary_learning/topk"),
                TestData.path("saes/sparsify/h.3"),
                openAi(sae, Optional.of(16))));
    assertIdentical(results);
  }

  /** ReLU is TopK with k = n, and JumpReLU with thresholds of 0. */
  @Test
  void relu() throws IOException {
    Parameters sae = Parameters.of(read("saes/saelens/standard"), false);
    List<EvaluationResult> results =
        evaluate(
            List.of(
                saeLens(sae),
                dictionaryLearning(sae),
                sparsify(sae, sae.n()),
                openAi(sae, Optional.empty()),
                gemmaScope(sae)));
    assertIdentical(results);
  }

  private static SaeFile read(String path) throws IOException {
    return SaeFormats.read(TestData.path(path), SaeOverrides.none());
  }

  private static List<EvaluationResult> evaluate(List<Path> paths) throws IOException {
    List<Sae> saes = new ArrayList<>();
    try (Model model = Model.open(TestData.path("model"))) {
      for (Path path : paths) {
        saes.add(Sae.open(path, PLAIN));
      }
      Sequences tokens = Sequences.fromJson(TestData.path("tokens/eval.json")).first(512);
      return Evaluation.of(model, saes)
          .with(EvaluationOptions.defaults().withHook(HookPoint.residPost(3)))
          .runAll(tokens);
    } finally {
      saes.forEach(Sae::close);
    }
  }

  private static void assertIdentical(List<EvaluationResult> results) {
    Map<String, Double> first = results.get(0).values();
    for (EvaluationResult result : results) {
      assertThat(result.undefined()).isEmpty();
      first.forEach((key, value) -> assertThat(result.values().get(key)).as(key).isEqualTo(value));
    }
  }

  private Path saeLens(Parameters sae) throws IOException {
    Path target = Files.createDirectory(folder.resolve("saelens"));
    json(
        target.resolve("cfg.json"),
        "{'architecture':'standard','d_in':%d,'d_sae':%d,'metadata':{}}",
        sae.d(),
        sae.n());
    return saeLensWeights(sae, target);
  }

  private Path oldSaeLens(Parameters sae, int k) throws IOException {
    Path target = Files.createDirectory(folder.resolve("old"));
    json(
        target.resolve("cfg.json"),
        "{'d_in':%d,'d_sae':%d,'activation_fn_str':'topk','activation_fn_kwargs':{'k':%d}}",
        sae.d(),
        sae.n(),
        k);
    return saeLensWeights(sae, target);
  }

  private static Path saeLensWeights(Parameters sae, Path target) throws IOException {
    new SafetensorsFiles()
        .tensor("W_enc", "F32", sae.encoderT(), sae.d(), sae.n())
        .tensor("W_dec", "F32", sae.decoder(), sae.n(), sae.d())
        .tensor("b_enc", "F32", sae.bEnc(), sae.n())
        .tensor("b_dec", "F32", sae.bDec(), sae.d())
        .write(target.resolve("sae_weights.safetensors"));
    return target;
  }

  private Path dictionaryLearning(Parameters sae) throws IOException {
    return new TorchTensors()
        .tensor("encoder.weight", "FloatStorage", sae.encoder(), sae.n(), sae.d())
        .tensor("decoder.weight", "FloatStorage", sae.decoderT(), sae.d(), sae.n())
        .tensor("encoder.bias", "FloatStorage", sae.bEnc(), sae.n())
        .tensor("bias", "FloatStorage", sae.bDec(), sae.d())
        .write(folder.resolve("ae.pt"));
  }

  private Path sparsify(Parameters sae, int k) throws IOException {
    Path target = Files.createDirectory(folder.resolve("h.3"));
    json(target.resolve("cfg.json"), "{'d_in':%d,'num_latents':%d,'k':%d}", sae.d(), sae.n(), k);
    new SafetensorsFiles()
        .tensor("encoder.weight", "F32", sae.encoder(), sae.n(), sae.d())
        .tensor("W_dec", "F32", sae.decoder(), sae.n(), sae.d())
        .tensor("encoder.bias", "F32", sae.bEnc(), sae.n())
        .tensor("b_dec", "F32", sae.bDec(), sae.d())
        .write(target.resolve("sae.safetensors"));
    return target;
  }

  private Path openAi(Parameters sae, Optional<Integer> k) throws IOException {
    TorchTensors tensors =
        new TorchTensors()
            .tensor("encoder.weight", "FloatStorage", sae.encoder(), sae.n(), sae.d())
            .tensor("decoder.weight", "FloatStorage", sae.decoderT(), sae.d(), sae.n())
            .tensor("latent_bias", "FloatStorage", sae.bEnc(), sae.n())
            .tensor("pre_bias", "FloatStorage", sae.bDec(), sae.d())
            .other("activation", p -> p.text(k.isPresent() ? "TopK" : "ReLU"));
    k.ifPresent(
        number ->
            tensors.other(
                "activation_state_dict", p -> p.op('}', '(').text("k").number(number).op('u')));
    return tensors.write(folder.resolve("openai.pt"));
  }

  private Path gemmaScope(Parameters sae) throws IOException {
    return new TorchFiles()
        .entry("W_enc.npy", npy(sae.encoderT(), sae.d(), sae.n()))
        .entry("W_dec.npy", npy(sae.decoder(), sae.n(), sae.d()))
        .entry("b_enc.npy", npy(sae.bEnc(), sae.n()))
        .entry("b_dec.npy", npy(sae.bDec(), sae.d()))
        .entry("threshold.npy", npy(new byte[4 * sae.n()], sae.n()))
        .write(folder.resolve("params.npz"));
  }

  private static byte[] npy(byte[] data, int... shape) {
    StringBuilder sizes = new StringBuilder();
    for (int size : shape) {
      sizes.append(size).append(',');
    }
    return NpyBytes.of("'<f4'", "False", "(" + sizes + ")", data);
  }

  private static void json(Path file, String json, Object... values) throws IOException {
    Files.writeString(file, json.formatted(values).replace('\'', '"'));
  }
}
