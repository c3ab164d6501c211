package org.sae4j.cli.ablate;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.provider.MethodSource;
import org.sae4j.ablation.AblationControl;
import org.sae4j.format.FormatException;
import org.sae4j.results.EffectJson;
import org.sae4j.results.JsonDocument;
import org.sae4j.testing.Refusal;
import org.sae4j.testing.SampleResults;

/** Any bytes as the effects of a run to go on with. */
class EarlierRunFuzzTest {
  private static final String RUN =
      """
      {"schema":"sae4j/ablate/1","options":{"future":8},"inputs":[{"kind":"sae","path":"sae.pt"}]}
      {"sequence":0,"position":9,"latent":3,"activation":1.5,"sparsity":0.1,"row_sparsity":0.6,\
      "effective_tokens":2.5,"kl":1,"delta_ce":null,"top_up":[1],"top_down":[2],"below_noise":false}
      {"sequence":0,"position":10,"channel":7,"activation":1.5,"sparsity":0.1,"row_sparsity":0.6,\
      "effective_tokens":null,"kl":1,"delta_ce":2e-3,"top_up":[],"top_down":[],"below_noise":true}
      {"results":{"pairs":2}}
      """;

  private static final EffectJson FORMAT =
      new EffectJson(List.of(Path.of("sae.pt")), AblationControl.none());

  @TempDir static Path seeds;
  @TempDir Path folder;

  static Stream<byte[]> results() throws IOException {
    return Stream.of(
        Files.readAllBytes(SampleResults.ablate(seeds)), RUN.getBytes(StandardCharsets.UTF_8));
  }

  @MethodSource("results")
  @FuzzTest(maxDuration = "10m")
  void isReadOrRefused(byte[] bytes) throws IOException {
    Path file = Files.write(folder.resolve("fuzzed.jsonl"), bytes);
    Refusal.of(file, FormatException.class, () -> resume(file));
  }

  private static void resume(Path file) throws IOException {
    EarlierRun run = EarlierRun.read(file, () -> Files.newInputStream(file), FORMAT);
    run.forEach(effect -> JsonDocument.line(FORMAT.named(effect)));
    run.requireSame(new JsonObject());
  }
}
