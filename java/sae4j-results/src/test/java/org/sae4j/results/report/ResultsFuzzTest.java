package org.sae4j.results.report;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.provider.MethodSource;
import org.sae4j.format.FormatException;
import org.sae4j.results.JsonDocument;
import org.sae4j.testing.Refusal;
import org.sae4j.testing.SampleResults;

/** Any bytes as results to make a report of. */
class ResultsFuzzTest {
  private static final String RUN =
      """
      {"schema":"sae4j/ablate/1","options":{"future":8},"inputs":[{"kind":"sae","path":"sae.pt"}]}
      {"sequence":0,"position":9,"latent":3,"activation":1.5,"sparsity":0.1,"row_sparsity":0.6,\
      "effective_tokens":2.5,"kl":1,"delta_ce":null,"top_up":[1],"top_down":[2],"below_noise":false}
      {"sequence":0,"position":10,"channel":7,"activation":1.5,"sparsity":0.1,"row_sparsity":0.6,\
      "effective_tokens":null,"kl":1,"delta_ce":2e-3,"top_up":[],"top_down":[],"below_noise":true}
      {"results":{"pairs":2}}
      """;

  @TempDir static Path seeds;
  @TempDir Path folder;

  static Stream<byte[]> results() throws IOException {
    return Stream.of(
        Files.readAllBytes(SampleResults.eval(seeds, 3)),
        Files.readAllBytes(SampleResults.ablate(seeds)),
        Files.readAllBytes(SampleResults.latent(seeds)),
        RUN.getBytes(StandardCharsets.UTF_8));
  }

  @MethodSource("results")
  @FuzzTest(maxDuration = "10m")
  void areReadOrRefused(byte[] bytes) throws IOException {
    Path file = Files.write(folder.resolve("fuzzed.jsonl"), bytes);
    Refusal.of(file, FormatException.class, () -> report(file));
  }

  private static void report(Path file) throws IOException {
    Report report = Report.of(List.of(ResultDocument.read(file)));
    JsonDocument.line(ReportJson.of(report));
    for (ReportSae sae : report.saes()) {
      JsonDocument.line(ReportLatents.of(sae));
    }
  }
}
