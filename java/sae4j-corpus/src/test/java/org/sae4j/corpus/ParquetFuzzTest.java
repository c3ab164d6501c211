package org.sae4j.corpus;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.provider.MethodSource;
import org.sae4j.format.FormatException;
import org.sae4j.testing.Refusal;

/** Any bytes as a Parquet file. */
class ParquetFuzzTest {
  @TempDir Path folder;

  static Stream<byte[]> files() throws IOException {
    List<byte[]> files = new ArrayList<>();
    for (String name : List.of("none", "snappy", "gzip", "zstd", "pages2")) {
      files.add(Files.readAllBytes(TestFiles.made(name + ".parquet")));
    }
    return files.stream();
  }

  @MethodSource("files")
  @FuzzTest(maxDuration = "10m")
  void isReadOrRefused(byte[] bytes) throws IOException {
    Path file = Files.write(folder.resolve("fuzzed.parquet"), bytes);
    for (String column : List.of("input_ids", "long_ids")) {
      Refusal.of(file, FormatException.class, () -> readLists(file, column));
    }
    Refusal.of(file, FormatException.class, () -> readTexts(file));
  }

  private static void readLists(Path file, String column) throws IOException {
    try (ParquetColumn lists = ParquetColumn.lists(file, column)) {
      for (int i = 0; i < 1000 && lists.nextList(64).isPresent(); i++) {}
    }
  }

  private static void readTexts(Path file) throws IOException {
    try (ParquetColumn texts = ParquetColumn.texts(file, "text")) {
      for (int i = 0; i < 1000 && texts.nextText().isPresent(); i++) {}
    }
  }
}
