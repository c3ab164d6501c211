package org.sae4j.corpus;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.parquet.column.ParquetProperties.WriterVersion;
import org.apache.parquet.format.CompressionCodec;
import org.apache.parquet.format.DataPageHeader;
import org.apache.parquet.format.DataPageHeaderV2;
import org.apache.parquet.format.PageHeader;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.provider.MethodSource;
import org.sae4j.format.FormatException;
import org.sae4j.testing.Refusal;

/**
 * Any bytes below the header of a page, in files that are sound but for it: they come to what
 * decompresses and decodes, of every codec, version and encoding.
 */
class ParquetPagesFuzzTest {
  private static final List<CompressionCodec> CODECS =
      List.of(
          CompressionCodec.UNCOMPRESSED,
          CompressionCodec.SNAPPY,
          CompressionCodec.GZIP,
          CompressionCodec.ZSTD,
          CompressionCodec.LZ4_RAW);
  private static final int ROWS = 40;
  private static final int ROWS_A_PAGE = 16;

  /** Which file and page, and what its header says: four numbers. */
  private static final int BEFORE_VALUES = 2 + 4 * Integer.BYTES;

  @TempDir Path folder;

  /** Of each codec in pages of either version, with and without a dictionary. */
  private static final List<ParquetPageFile> FILES = new ArrayList<>();

  @BeforeAll
  static void makeFiles() throws IOException {
    for (CompressionCodec codec : CODECS) {
      for (WriterVersion version : WriterVersion.values()) {
        for (boolean dictionary : new boolean[] {true, false}) {
          FILES.add(
              ParquetPageFile.of(
                  codec, version, dictionary, ROWS_A_PAGE, ParquetPagesTest.lists(ROWS)));
        }
      }
    }
  }

  static Stream<byte[]> soundPages() {
    List<byte[]> all = new ArrayList<>();
    for (int kind = 0; kind < FILES.size(); kind++) {
      List<ParquetPageFile.Page> pages = FILES.get(kind).pages();
      for (int at = 0; at < 2; at++) {
        ParquetPageFile.Page page = pages.get(at);
        ByteBuffer bytes = ByteBuffer.allocate(BEFORE_VALUES + page.values().length);
        bytes.put((byte) kind).put((byte) at).putInt(page.header().getUncompressed_page_size());
        DataPageHeaderV2 second = page.header().getData_page_header_v2();
        bytes.putInt(
            page.header().isSetDictionary_page_header()
                ? page.header().getDictionary_page_header().getNum_values()
                : page.valueCount());
        bytes.putInt(second == null ? 0 : second.getRepetition_levels_byte_length());
        bytes.putInt(second == null ? 0 : second.getDefinition_levels_byte_length());
        all.add(bytes.put(page.values()).array());
      }
    }
    return all.stream();
  }

  @MethodSource("soundPages")
  @FuzzTest(maxDuration = "10m")
  void isReadOrRefused(byte[] fuzzed) throws IOException {
    if (fuzzed.length < BEFORE_VALUES) {
      return;
    }
    ByteBuffer bytes = ByteBuffer.wrap(fuzzed);
    ParquetPageFile file = FILES.get((bytes.get() & 0xFF) % FILES.size());
    int at = (bytes.get() & 0xFF) % file.pages().size();
    int size = bytes.getInt();
    int values = bytes.getInt();
    int repetition = bytes.getInt();
    int definition = bytes.getInt();
    byte[] below = new byte[bytes.remaining()];
    bytes.get(below);

    ParquetPageFile.Page sound = file.pages().get(at);
    ParquetPageFile.Page page = sound.withValues(below);
    PageHeader header = page.header().setUncompressed_page_size(size);
    DataPageHeader first = header.getData_page_header();
    DataPageHeaderV2 second = header.getData_page_header_v2();
    if (first != null) {
      first.setNum_values(values);
    } else if (second != null) {
      second.setNum_values(values);
      second.setRepetition_levels_byte_length(repetition);
      second.setDefinition_levels_byte_length(definition);
    } else {
      header.getDictionary_page_header().setNum_values(values);
    }
    file.pages().set(at, page);
    Path fuzz = Files.write(folder.resolve("fuzzed.parquet"), file.bytes());
    file.pages().set(at, sound);
    Refusal.of(fuzz, FormatException.class, () -> read(fuzz));
  }

  private static void read(Path file) throws IOException {
    try (ParquetColumn lists = ParquetColumn.lists(file, "input_ids")) {
      for (int i = 0; i < 1000 && lists.nextList(64).isPresent(); i++) {}
    }
  }
}
