package org.sae4j.corpus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.Gson;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.column.ParquetProperties.WriterVersion;
import org.apache.parquet.format.CompressionCodec;
import org.apache.parquet.format.PageHeader;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.sae4j.format.FormatException;
import org.sae4j.testing.Refusal;
import org.sae4j.testing.TestData;

/** Pages of Parquet files: of every codec, without values, and with headers that lie. */
class ParquetPagesTest {
  private static final int ROWS_A_PAGE = 8;
  private static final int MUTANTS = 60;
  @TempDir private Path folder;

  static Stream<Arguments> kinds() {
    return Stream.of("UNCOMPRESSED", "SNAPPY", "GZIP", "ZSTD", "LZ4_RAW")
        .map(CompressionCodec::valueOf)
        .flatMap(
            codec ->
                Stream.of(WriterVersion.values())
                    .flatMap(
                        version ->
                            Stream.of(true, false)
                                .map(dictionary -> Arguments.of(codec, version, dictionary))));
  }

  /** Lists of 0 to 30 of a few of GPT-2's ids. */
  static int[][] lists(int rows) {
    Random random = new Random(5);
    int[] ids = random.ints(24, 0, 50_257).toArray();
    return IntStream.range(0, rows)
        .mapToObj(row -> random.ints(row % 31, 0, ids.length).map(id -> ids[id]).toArray())
        .toArray(int[][]::new);
  }

  private static ParquetPageFile pages(
      CompressionCodec codec, WriterVersion version, boolean dictionary) throws IOException {
    return ParquetPageFile.of(codec, version, dictionary, ROWS_A_PAGE, lists(40));
  }

  private Path file(ParquetPageFile pages) throws IOException {
    return Files.write(folder.resolve("pages.parquet"), pages.bytes());
  }

  private static int[][] read(Path file) throws IOException {
    try (ParquetColumn lists = ParquetColumn.lists(file, "input_ids")) {
      List<int[]> rows = new ArrayList<>();
      for (var row = lists.nextList(64); row.isPresent(); row = lists.nextList(64)) {
        rows.add(Arrays.stream(row.get()).mapToInt(Math::toIntExact).toArray());
      }
      return rows.toArray(int[][]::new);
    }
  }

  private static void assertRefused(Path file, String problem) {
    assertThatThrownBy(() -> read(file))
        .isInstanceOf(FormatException.class)
        .hasMessageStartingWith(file + ": ")
        .hasMessageContaining(problem);
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void everyKindIsRead(CompressionCodec codec, WriterVersion version, boolean dictionary)
      throws IOException {
    ParquetPageFile pages = pages(codec, version, dictionary);
    assertThat(pages.pages()).hasSize(dictionary ? 6 : 5);
    assertThat(read(file(pages))).isDeepEqualTo(lists(40));
  }

  @Test
  void aPageWithoutValuesAsPyarrowWritesIt() throws IOException {
    Path file = TestData.path("cases/parquet-empty-page/tokens.parquet");
    String right = Files.readString(file.resolveSibling("right.json"));
    assertThat(read(file)).isDeepEqualTo(new Gson().fromJson(right, int[][].class));
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void pagesWithoutValuesMayStandAnywhere(
      CompressionCodec codec, WriterVersion version, boolean dictionary) throws IOException {
    ParquetPageFile pages = pages(codec, version, dictionary);
    for (int at = pages.pages().size(); at >= (dictionary ? 1 : 0); at--) {
      pages.pages().add(at, pages.emptyPage2());
      pages.pages().add(at, pages.emptyPage());
    }
    assertThat(read(file(pages))).isDeepEqualTo(lists(40));
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void aPageHoldsWhatItsHeaderStates(
      CompressionCodec codec, WriterVersion version, boolean dictionary) throws IOException {
    for (int at = 0; at < 3; at++) {
      for (int wrong : new int[] {-1, 1, 1 << 20, 1 << 28, 1 << 30, Integer.MIN_VALUE}) {
        ParquetPageFile pages = pages(codec, version, dictionary);
        PageHeader header = pages.pages().get(at).header();
        header.setUncompressed_page_size(header.getUncompressed_page_size() + wrong);
        assertRefused(file(pages), "damaged or not supported");
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"SNAPPY", "GZIP", "ZSTD", "LZ4_RAW"})
  void aPageThatHoldsMegabytesMore(CompressionCodec codec) throws IOException {
    byte[] bytes = ParquetPageFile.compressed(codec, new byte[4 << 20]);
    for (int claim : new int[] {0, 8, 100_000}) {
      ParquetPageFile pages = pages(codec, WriterVersion.PARQUET_1_0, false);
      ParquetPageFile.Page page = pages.pages().get(1).withValues(bytes);
      page.header().setUncompressed_page_size(claim);
      pages.pages().set(1, page);
      assertRefused(file(pages), "damaged or not supported: ");
    }
  }

  @ParameterizedTest
  @CsvSource({"SNAPPY", "GZIP", "ZSTD", "LZ4_RAW"})
  void nothingFollowsAPage(CompressionCodec codec) throws IOException {
    for (byte[] more : new byte[][] {{1, 2, 3}, ParquetPageFile.compressed(codec, new byte[9])}) {
      ParquetPageFile pages = pages(codec, WriterVersion.PARQUET_2_0, false);
      ByteArrayOutputStream longer = new ByteArrayOutputStream();
      longer.writeBytes(pages.pages().get(1).values());
      longer.writeBytes(more);
      pages.pages().set(1, pages.pages().get(1).withValues(longer.toByteArray()));
      assertRefused(file(pages), "damaged or not supported: ");
    }
  }

  /** As Go's encoder writes them, which does not cut a page into blocks of 64 KB. */
  @Test
  void copiesOfSnappyReachBackToTheBegin() throws IOException {
    int far = 200_000;
    byte[] page = new byte[far + 60];
    new Random(1).nextBytes(page);
    System.arraycopy(page, 0, page, far, 60);
    ByteArrayOutputStream snappy = new ByteArrayOutputStream();
    snappy.writeBytes(new byte[] {(byte) 0xFC, (byte) 0x9A, 0x0C}); // 200,060
    snappy.writeBytes(new byte[] {(byte) (62 << 2), 0x3F, 0x0D, 0x03}); // a literal of 200,000
    snappy.write(page, 0, far);
    snappy.writeBytes(
        new byte[] {(byte) (59 << 2 | 3), 0x40, 0x0D, 0x03, 0}); // 60 from 200,000 before
    assertThat(
            new PageDecompression()
                .getDecompressor(CompressionCodecName.SNAPPY)
                .decompress(BytesInput.from(snappy.toByteArray()), page.length)
                .toByteArray())
        .isEqualTo(page);
  }

  @ParameterizedTest
  @CsvSource({"2147483647", "100000", "-1"})
  void aDictionaryHasNoMoreEntriesThanBytes(int entries) throws IOException {
    ParquetPageFile pages = pages(CompressionCodec.SNAPPY, WriterVersion.PARQUET_1_0, true);
    PageHeader header = pages.pages().get(0).header();
    header.getDictionary_page_header().setNum_values(entries);
    assertRefused(file(pages), "damaged or not supported");
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void aChecksumThatAPageHasIsRight(
      CompressionCodec codec, WriterVersion version, boolean dictionary) throws IOException {
    for (int wrong : new int[] {0, 1}) {
      ParquetPageFile pages = pages(codec, version, dictionary);
      for (ParquetPageFile.Page page : pages.pages()) {
        CRC32 crc = new CRC32();
        crc.update(page.levels());
        crc.update(page.values());
        page.header().setCrc((int) crc.getValue());
      }
      PageHeader first = pages.pages().get(0).header();
      first.setCrc(first.getCrc() ^ wrong);
      Path file = file(pages);
      if (wrong == 0) {
        assertThat(read(file)).isDeepEqualTo(lists(40));
      } else {
        assertRefused(file, "CRC checksum verification failed");
      }
    }
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void damageBelowTheHeader(CompressionCodec codec, WriterVersion version, boolean dictionary)
      throws IOException {
    Random random = new Random(11);
    for (int i = 0; i < MUTANTS; i++) {
      ParquetPageFile pages = pages(codec, version, dictionary);
      int at = random.nextInt(3);
      ParquetPageFile.Page page = pages.pages().get(at);
      byte[] values = page.values().clone();
      for (int changes = 1 + random.nextInt(3); changes > 0 && values.length > 0; changes--) {
        values[random.nextInt(values.length)] = (byte) random.nextInt(256);
      }
      pages.pages().set(at, page.withValues(values));
      Path file = file(pages);
      Refusal.of(file, FormatException.class, () -> read(file));
    }
  }
}
