package org.sae4j.corpus;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.github.luben.zstd.Zstd;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.provider.MethodSource;
import org.sae4j.Model;
import org.sae4j.arch.ModelShape;
import org.sae4j.format.FormatException;
import org.sae4j.testing.Refusal;
import org.sae4j.tokens.Corpus;

/** Any bytes as token ids and as JSON lines, compressed or not. */
class CorpusFuzzTest {
  private static final ModelShape SHAPE = new ModelShape(1, 1, 8, 32, 64, 2048, true, 1e-5f);
  private static Model model;

  @TempDir static Path seeds;
  @TempDir Path folder;

  @BeforeAll
  static void open() throws IOException {
    model = TestFiles.model();
  }

  @AfterAll
  static void close() {
    model.close();
  }

  static Stream<byte[]> ids() throws IOException {
    byte[] json = "[[1, 2, 3], [2047],\n[4, 5]]".getBytes(StandardCharsets.UTF_8);
    Path npy = TestFiles.npy(seeds.resolve("npy"), "<i2", "False", "(4, 4)", new byte[32]);
    return Stream.of(json, TestFiles.gzip(json), Zstd.compress(json), Files.readAllBytes(npy));
  }

  static Stream<byte[]> lines() throws IOException {
    byte[] lines =
        "{\"text\": \"To be, or not\", \"n\": [1, {}]}\n\n{\"text\": \"日本\\u0041\\ud83d\\ude00\"}"
            .getBytes(StandardCharsets.UTF_8);
    return Stream.of(lines, TestFiles.gzip(lines), Zstd.compress(lines));
  }

  @MethodSource("ids")
  @FuzzTest(maxDuration = "10m")
  void idsAreReadOrRefused(byte[] bytes) throws IOException {
    Path file = Files.write(folder.resolve("fuzzed"), bytes);
    Corpus corpus = TokenCorpus.of(List.of(file), SHAPE).withContext(4);
    Refusal.of(file, FormatException.class, () -> read(corpus));
  }

  @MethodSource("lines")
  @FuzzTest(maxDuration = "10m")
  void linesAreReadOrRefused(byte[] bytes) throws IOException {
    Path file = Files.write(folder.resolve("fuzzed.jsonl"), bytes);
    Corpus corpus = TextCorpus.of(List.of(file), model.tokenizer(), 16);
    Refusal.of(file, FormatException.class, () -> read(corpus));
  }

  /** No further than far enough: a few bytes of zstd can be a gigabyte. */
  private static void read(Corpus corpus) throws IOException {
    try (Corpus.Reading reading = corpus.open()) {
      for (int i = 0; i < 1000 && reading.next().isPresent(); i++) {}
    }
  }
}
