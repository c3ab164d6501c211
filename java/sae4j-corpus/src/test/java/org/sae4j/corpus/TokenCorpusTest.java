package org.sae4j.corpus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.Zstd;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sae4j.FormatException;
import org.sae4j.ModelShape;
import org.sae4j.Sequences;

class TokenCorpusTest {
  private static final ModelShape SHAPE = new ModelShape(1, 1, 8, 32, 64, 2048, true, 1e-5f);
  private static final Sequences IDS =
      Sequences.of(
          new int[] {1, 2, 3},
          new int[] {4},
          new int[] {5, 6},
          new int[] {7, 8, 9, 10},
          new int[] {2047});
  @TempDir private Path folder;

  private static TokenCorpus corpus(Path... files) {
    return TokenCorpus.of(List.of(files), SHAPE).withContext(4);
  }

  private Path file(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text);
  }

  private void assertRefused(TokenCorpus corpus, Path file, String problem) {
    assertThatThrownBy(() -> Sequences.read(corpus))
        .isInstanceOf(FormatException.class)
        .hasMessageStartingWith(file + ": ")
        .hasMessageContaining(problem);
  }

  @ParameterizedTest
  @ValueSource(strings = {"none", "snappy", "gzip", "zstd", "lz4", "pages2"})
  void parquet(String codec) throws IOException {
    TokenCorpus corpus = corpus(TestFiles.made(codec + ".parquet"));
    assertThat(Sequences.read(corpus)).isEqualTo(IDS);
    assertThat(Sequences.read(corpus.withColumn("long_ids"))).isEqualTo(IDS);
    assertThat(Sequences.read(corpus.withColumn("short_ids")).sequence(3)).containsExactly(7, 8);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "holes    | column holes, row 1: id 1 is null",
        "empty    | sequence 1 is empty",
        "negative | sequence 2, position 1: expected a token id from 0 to 2147483647, found -4",
        "real     | column real: expected lists of whole numbers, found optional group real",
        "number   | column number: expected lists of whole numbers, found optional int64 number",
        "ids      | expected a column ids, found [text, input_ids,",
      })
  void columnsThatAreRefused(String column, String problem) {
    Path file = TestFiles.made("snappy.parquet");
    assertRefused(corpus(file).withColumn(column), file, problem);
  }

  private static TokenCorpus masked(String name) {
    return corpus(TestFiles.made("masks.parquet")).withColumn(name + "_input_ids");
  }

  @ParameterizedTest
  @ValueSource(strings = {"right", "left", "truth", "long"})
  void padding(String name) throws IOException {
    assertThat(Sequences.read(masked(name)))
        .isEqualTo(Sequences.of(new int[] {1, 2, 3}, new int[] {4, 5}));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "hole    | row 1: its attention mask: expected ones without zeros between them,"
            + " found a zero at position 1",
        "packed  | row 1: its attention mask: expected 0 or 1 at position 2, found 2",
        "short   | row 1: its attention mask: expected one number for each of the 3 ids, found 2",
        "missing | row 1: its attention mask: expected one number for each of the 2 ids, found 0",
        "zero    | row 1: its attention mask: expected a one at least, found zeros only",
        "real    | column real_attention_mask: expected lists of ones and zeros, found optional",
      })
  void masksThatAreRefused(String name, String problem) {
    assertRefused(masked(name), TestFiles.made("masks.parquet"), problem);
  }

  @Test
  void whatIsNotReadIsNotedOnce() throws IOException {
    List<String> notes = new ArrayList<>();
    TokenCorpus corpus = masked("right").onNote(notes::add);
    Sequences.read(corpus);
    Sequences.read(corpus);
    assertThat(notes).hasSize(1);
    assertThat(notes.get(0))
        .startsWith(TestFiles.made("masks.parquet") + ": not read: hole_attention_mask, hole")
        .contains("hole_input_ids, labels, left_attention_mask")
        .doesNotContain("text", "real_attention_mask", "right");
    notes.clear();
    Path masked = TestFiles.testData("cases/padding-mask/masked.parquet");
    Sequences.read(TokenCorpus.of(List.of(masked), SHAPE).onNote(notes::add));
    assertThat(notes).isEmpty();
  }

  @Test
  void paddingIsNoText() throws IOException {
    Path folder = TestFiles.testData("cases/padding-mask");
    assertThat(Sequences.read(corpus(folder.resolve("masked.parquet"))))
        .isEqualTo(Sequences.fromJson(folder.resolve("unpadded.json")));
  }

  @Test
  void json() throws IOException {
    String ids = "[[1, 2, 3], [4], [5, 6], [7, 8, 9, 10], [2047]]\n";
    assertThat(Sequences.read(corpus(file("a.json", ids)))).isEqualTo(IDS);
    Path gzip = Files.write(folder.resolve("b"), TestFiles.gzip(ids.getBytes()));
    assertThat(Sequences.read(corpus(gzip))).isEqualTo(IDS);
    assertThat(Sequences.read(corpus(gzip, gzip)).count()).isEqualTo(10);
  }

  @Test
  void idsThatTheModelLacks() throws IOException {
    Path large = file("a.json", "[[1], [2, 2048]]");
    assertRefused(
        corpus(large),
        large,
        "sequence 1, position 1: expected a token id from 0 to 2047, found 2048");
    Path negative = file("b.json", "[[-1]]");
    assertRefused(corpus(negative), negative, "sequence 0, position 0: expected a token id");
    Path longer = file("c.json", "[[1], [" + "1,".repeat(64) + "1]]");
    assertRefused(
        corpus(longer),
        longer,
        "sequence 1: expected at most 64 ids, the model's context, found 65");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "x", "{}", "PAR", "[[1]", "[1]"})
  void otherFiles(String text) throws IOException {
    Path file = file("a", text);
    assertRefused(corpus(file), file, "[[id, …], …]");
  }

  private static byte[] bytes(int width, long... ids) {
    ByteBuffer bytes = ByteBuffer.allocate(width * ids.length).order(ByteOrder.LITTLE_ENDIAN);
    for (long id : ids) {
      switch (width) {
        case 1 -> bytes.put((byte) id);
        case 2 -> bytes.putShort((short) id);
        case 4 -> bytes.putInt((int) id);
        default -> bytes.putLong(id);
      }
    }
    return bytes.array();
  }

  private Path npy(String descr, String shape, byte[] data) throws IOException {
    return TestFiles.npy(folder.resolve("a.npy"), descr, "False", shape, data);
  }

  @ParameterizedTest
  @ValueSource(strings = {"|u1", "|i1", "<u2", "<i2", "<u4", "<i4", "<u8", "<i8"})
  void npyOfEachType(String descr) throws IOException {
    byte[] ids = bytes(descr.charAt(2) - '0', 1, 2, 3, 4, 5, 127);
    assertThat(Sequences.read(corpus(npy(descr, "(2, 3)", ids))))
        .isEqualTo(Sequences.of(new int[] {1, 2, 3}, new int[] {4, 5, 127}));
    assertThat(Sequences.read(corpus(npy(descr, "(6,)", ids))))
        .isEqualTo(Sequences.of(new int[] {1, 2, 3, 4}, new int[] {5, 127}));
  }

  @Test
  void npyUnsignedIds() throws IOException {
    assertThat(Sequences.read(corpus(npy("|u1", "(1, 2)", bytes(1, 200, 255)))).sequence(0))
        .containsExactly(200, 255);
    assertRefused(
        corpus(npy("<u2", "(2, 1)", bytes(2, 1, 65535))),
        folder.resolve("a.npy"),
        "sequence 1, position 0: expected a token id from 0 to 2047, found 65535");
    for (String descr : List.of("<u8", "<i8")) {
      assertRefused(
          corpus(npy(descr, "(1, 3)", bytes(8, 1, 2, -1))),
          folder.resolve("a.npy"),
          "sequence 0, position 2: expected a token id");
    }
  }

  @Test
  void npyLargerThanABuffer() throws IOException {
    long[] ids = IntStream.range(0, 30_000).mapToLong(i -> i % 2000).toArray();
    Sequences rows = Sequences.read(corpus(npy("<i4", "(1000, 30)", bytes(4, ids))));
    Sequences cut = Sequences.read(corpus(npy("<i4", "(30000,)", bytes(4, ids))));
    assertThat(rows.count()).isEqualTo(1000);
    assertThat(cut.count()).isEqualTo(7500);
    for (int i = 0; i < ids.length; i++) {
      assertThat(rows.token(i / 30, i % 30)).isEqualTo(i % 2000);
      assertThat(cut.token(i / 4, i % 4)).isEqualTo(i % 2000);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "<f4 ; False ; (2,)      ; expected whole numbers, found F32",
        "|b1 ; False ; (8,)      ; expected whole numbers, found BOOL",
        ">i4 ; False ; (2,)      ; little-endian",
        "<i2 ; True  ; (2, 2)    ; expected rows one after another, found Fortran's order",
        "<i2 ; False ; (2, 2, 1) ; expected shape [ids] or [sequences, length], found [2, 2, 1]",
        "<i8 ; False ; ()        ; expected shape [ids] or [sequences, length], found []",
        "<i4 ; False ; (3,)      ; 8",
        "<i4 ; False ; (1,)      ; 8",
        "<i8 ; False ; (1,)      ; 1 tokens do not make a sequence",
      })
  void npyThatIsRefused(String descr, String order, String shape, String problem)
      throws IOException {
    Path file = folder.resolve("a.npy");
    TestFiles.npy(file, descr, order, shape, new byte[8]);
    assertRefused(corpus(file), file, problem);
  }

  @Test
  void npyWithoutIds() throws IOException {
    for (String shape : List.of("(0,)", "(0, 8)", "(8, 0)")) {
      Path file = npy("<i4", shape, new byte[0]);
      assertRefused(corpus(file), file, "array: expected at least one id, found shape [");
    }
  }

  @Test
  void npyRowsLongerThanTheContext() throws IOException {
    Path file = npy("|u1", "(1, 65)", new byte[65]);
    assertRefused(corpus(file), file, "rows of at most 64 ids, the model's context, found 65");
  }

  private Path write(String name, byte[] bytes) throws IOException {
    return Files.write(folder.resolve(name), bytes);
  }

  @Test
  void npyThatIsCompressed() throws IOException {
    long[] ids = IntStream.range(0, 30_000).mapToLong(i -> i % 2000).toArray();
    byte[] plain = Files.readAllBytes(npy("<i4", "(1000, 30)", bytes(4, ids)));
    Sequences expected = Sequences.read(corpus(folder.resolve("a.npy")));
    for (byte[] compressed :
        List.of(
            TestFiles.gzip(plain),
            Zstd.compress(plain),
            TestFiles.zip(ZipEntry.DEFLATED, "arr_0.npy", plain),
            TestFiles.zip(ZipEntry.STORED, "arr_0.npy", plain))) {
      Path file = write("b", compressed);
      assertThat(Sequences.read(corpus(file))).isEqualTo(expected);
      assertRefused(corpus(write("b", Arrays.copyOf(compressed, compressed.length / 2))), file, "");
    }
  }

  @Test
  void npyThatIsCompressedIsChecked() throws IOException {
    byte[] longer = Arrays.copyOf(Files.readAllBytes(npy("|u1", "(2, 4)", new byte[8])), 200);
    Path file = write("b", TestFiles.gzip(longer));
    assertRefused(corpus(file), file, "more after the array's 8 ids");
    byte[] shorter = Files.readAllBytes(npy("|u1", "(2, 4)", new byte[7]));
    assertRefused(corpus(write("b", TestFiles.gzip(shorter))), file, "ends after 7 ids");
    assertRefused(
        corpus(write("b", TestFiles.gzip(Arrays.copyOf(shorter, 40)))), file, "header of");
    byte[] zip = TestFiles.zip(ZipEntry.STORED, "a.npy", longer);
    assertRefused(corpus(write("b", zip)), file, "more after the array's 8 ids");
    assertRefused(corpus(write("b", TestFiles.gzip(zip))), file, "a zip archive inside gzip");
    byte[] sound = Files.readAllBytes(npy("|u1", "(2, 4)", new byte[8]));
    byte[] flipped = TestFiles.zip(ZipEntry.STORED, "a.npy", sound);
    String text = new String(flipped, StandardCharsets.ISO_8859_1);
    int headerEnd =
        text.indexOf("}", text.indexOf("descr")); // a date in the archive may hold one too
    flipped[headerEnd + 64] ^= 1; // the third id
    assertRefused(corpus(write("b", flipped)), file, "the zip data is damaged: a.npy is not what");
  }

  @ParameterizedTest
  @ValueSource(strings = {"piped_stored.npz", "piped_deflated.npz"})
  void anArchiveMayHaveBeenWrittenToAPipe(String name) throws IOException {
    Sequences read = Sequences.read(corpus(TestFiles.made(name)));
    assertThat(read.count()).isEqualTo(8);
    assertThat(read.sequence(7)).containsExactly(IntStream.range(56, 64).toArray());
  }

  @Test
  void anArchiveHasOneArray() throws IOException {
    byte[] array = Files.readAllBytes(npy("|u1", "(2, 4)", new byte[8]));
    Path file = write("b", TestFiles.zip(ZipEntry.DEFLATED, "a.npy", array, "b.npy", array));
    assertRefused(corpus(file), file, "expected an archive of one array, found 2: [a.npy, b.npy]");
    byte[] text = "no array".getBytes(StandardCharsets.UTF_8);
    assertRefused(
        corpus(write("b", TestFiles.zip(ZipEntry.DEFLATED, "a.txt", text))),
        file,
        "no array of NumPy");
  }
}
