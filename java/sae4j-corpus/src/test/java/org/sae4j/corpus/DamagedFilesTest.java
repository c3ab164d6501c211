package org.sae4j.corpus;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.luben.zstd.Zstd;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sae4j.Model;
import org.sae4j.arch.ModelShape;
import org.sae4j.format.FormatException;
import org.sae4j.testing.Refusal;
import org.sae4j.testing.TestData;
import org.sae4j.tokens.Corpus;

/** Files with some bytes changed: they give what is left of them or are refused. */
class DamagedFilesTest {
  private static final ModelShape SHAPE = new ModelShape(1, 1, 8, 32, 64, 2048, true, 1e-5f);
  private static final int MUTANTS = 100;
  private static final int LEAST_REFUSED = 20;
  @TempDir private Path folder;

  private static byte[] mutant(byte[] sound, Random random) {
    byte[] bytes = sound.clone();
    for (int changes = 1 + random.nextInt(4); changes > 0; changes--) {
      int at = random.nextInt(bytes.length);
      bytes[at] = (byte) (random.nextBoolean() ? random.nextInt(256) : bytes[at] ^ 1 << at % 8);
    }
    return random.nextInt(4) > 0 ? bytes : Arrays.copyOf(bytes, random.nextInt(bytes.length));
  }

  private static void readAll(Corpus corpus) throws IOException {
    try (Corpus.Reading reading = corpus.open()) {
      for (int i = 0; i < 10_000 && reading.next().isPresent(); i++) {}
    }
  }

  private int refused(byte[] sound, Corpus corpus, Path file) throws IOException {
    Random random = new Random(7);
    int refused = 0;
    for (int i = 0; i < MUTANTS; i++) {
      Files.write(file, mutant(sound, random));
      refused += Refusal.of(file, FormatException.class, () -> readAll(corpus)) ? 1 : 0;
    }
    return refused;
  }

  @ParameterizedTest
  @ValueSource(strings = {"none", "snappy", "gzip", "zstd", "lz4", "pages2"})
  void parquet(String name) throws IOException {
    byte[] sound = Files.readAllBytes(TestFiles.made(name + ".parquet"));
    Path file = folder.resolve("damaged");
    for (String column : List.of("input_ids", "long_ids")) {
      Corpus corpus = TokenCorpus.of(List.of(file), SHAPE).withColumn(column);
      assertThat(refused(sound, corpus, file)).isBetween(LEAST_REFUSED, MUTANTS);
    }
  }

  @Test
  void textInParquet() throws IOException {
    byte[] sound = Files.readAllBytes(TestFiles.made("zstd.parquet"));
    Path file = folder.resolve("damaged");
    try (Model model = TestFiles.model()) {
      Corpus corpus = TextCorpus.of(List.of(file), model.tokenizer(), 16);
      assertThat(refused(sound, corpus, file)).isBetween(LEAST_REFUSED, MUTANTS);
    }
  }

  @Test
  void jsonLines() throws IOException {
    byte[] line = "{\"text\": \"To be, or not to be\", \"more\": [1, 2.5]}\n".getBytes(UTF_8);
    Path file = folder.resolve("damaged.jsonl");
    try (Model model = TestFiles.model()) {
      Corpus corpus = TextCorpus.of(List.of(file), model.tokenizer(), 16);
      for (byte[] sound : List.of(line, TestFiles.gzip(line), Zstd.compress(line))) {
        assertThat(refused(sound, corpus, file)).isBetween(LEAST_REFUSED, MUTANTS);
      }
    }
  }

  @Test
  void numPyAndJson() throws IOException {
    Path file = folder.resolve("damaged");
    Corpus corpus = TokenCorpus.of(List.of(file), SHAPE).withContext(4);
    byte[] npy =
        Files.readAllBytes(
            TestFiles.npy(folder.resolve("sound.npy"), "<i2", "False", "(8, 4)", new byte[64]));
    assertThat(refused(npy, corpus, file)).isBetween(LEAST_REFUSED, MUTANTS);
    assertThat(refused(TestFiles.gzip(npy), corpus, file)).isBetween(LEAST_REFUSED, MUTANTS);
    for (int method : new int[] {ZipEntry.STORED, ZipEntry.DEFLATED}) {
      byte[] npz = TestFiles.zip(method, "ids.npy", npy);
      assertThat(refused(npz, corpus, file)).isBetween(LEAST_REFUSED, MUTANTS);
    }
    byte[] json = Files.readAllBytes(TestData.path("tokens/ablate.json"));
    assertThat(refused(json, corpus, file)).isBetween(LEAST_REFUSED, MUTANTS);
    assertThat(refused(TestFiles.gzip(json), corpus, file)).isBetween(LEAST_REFUSED, MUTANTS);
  }
}
