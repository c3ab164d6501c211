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
import org.sae4j.arch.ModelShape;
import org.sae4j.format.FormatException;
import org.sae4j.testing.TestData;
import org.sae4j.tokens.Sequences;

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
    Path masked = TestData.path("cases/padding-mask/masked.parquet");
    Sequences.read(TokenCorpus.of(List.of(masked), SHAPE).onNote(notes::add));
    assertThat(notes).isEmpty();
  }

  @Test
  void paddingIsNoText() throws IOException {
    Path folder = TestData.path("cases/padding-mask");
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
  @ValueSource(
      strings = {"", "x", "PAR", "[[1]", "[1", "[x]", "[\"a\"]", "[[1]]2", "{\"input_ids\""})
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

  @ParameterizedTest
  @CsvSource({
    "'[1, 2, 3]\n[4, 5]'",
    "'\n[1, 2, 3]\n\n[4, 5]\n'",
    "'{\"input_ids\": [1, 2, 3]}\n{\"input_ids\": [4, 5], \"text\": \"x\"}\n'",
    "'[{\"input_ids\": [1, 2, 3]},\n {\"input_ids\": [4, 5]}]'",
    "'{\"input_ids\": [[1, 2, 3], [4, 5]]}'",
    "'{\n  \"input_ids\": [[1, 2, 3],\n [4, 5]],\n \"attention_mask\": [[1, 1, 1], [1, 1]]\n}'",
    "'{\"attention_mask\": [[1, 1, 1, 0], [0, 1, 1]], \"input_ids\": [[1, 2, 3, 0], [0, 4, 5]]}'",
    "'{\"input_ids\": [1, 2, 3, 9, 9], \"attention_mask\": [1, 1, 1, 0, 0]}\n"
        + "{\"input_ids\": [4, 5], \"attention_mask\": [true, true]}'",
  })
  void jsonOfOtherShapes(String text) throws IOException {
    Sequences expected = Sequences.of(new int[] {1, 2, 3}, new int[] {4, 5});
    assertThat(Sequences.read(corpus(file("a", text)))).isEqualTo(expected);
    Path compressed = write("b", TestFiles.gzip(text.getBytes(StandardCharsets.UTF_8)));
    assertThat(Sequences.read(corpus(compressed))).isEqualTo(expected);
    String other = text.replace("input_ids", "tokens");
    assertThat(Sequences.read(corpus(file("c", other)).withColumn("tokens"))).isEqualTo(expected);
  }

  @Test
  void oneObjectOverSeveralLines() throws IOException {
    Path file = file("a.json", "{\n  \"input_ids\": [\n    7,\n    8\n  ]\n}\n");
    assertThat(Sequences.read(corpus(file))).isEqualTo(Sequences.of(new int[] {7, 8}));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{}                                      | line 2: expected a key input_ids, found []",
        "{\"tokens\": [1]}                       | line 2: expected a key input_ids, found"
            + " [tokens]",
        "{\"input_ids\": null}                   | line 2: expected JSON, [[id, …], …], or",
        "{\"input_ids\": \"1 2\"}                | line 2: expected JSON, [[id, …], …], or",
        "{\"input_ids\": [1.5]}                  | line 2: expected JSON, [[id, …], …], or",
        "{\"input_ids\": [1, null]}              | line 2: expected whole numbers, found something",
        "{\"input_ids\": [1], \"input_ids\": []}  | line 2: key input_ids: there are two",
        "{\"input_ids\": []}                     | sequence 1 is empty",
        "[]                                      | sequence 1 is empty",
        "[4294967296]                            | sequence 1, position 0: expected a token id",
        "[-1]                                    | sequence 1, position 0: expected a token id",
        "[[1]]                                   | line 2: expected whole numbers, found something",
        "{\"input_ids\": [1, 2], \"attention_mask\": [1]} | sequence 1: its attention mask:"
            + " expected one number for each of the 2 ids, found 1",
        "{\"input_ids\": [1, 2, 3], \"attention_mask\": [1, 0, 1]}"
            + " | sequence 1: its attention mask: expected ones without zeros between them",
        "{\"input_ids\": [[1], [2]], \"attention_mask\": [[1]]}"
            + " | line 2: key attention_mask: expected a mask for each of the 2 rows",
      })
  void wrongLines(String line, String problem) throws IOException {
    Path file = file("a.jsonl", "{\"input_ids\": [1]}\n" + line + "\n");
    assertRefused(corpus(file), file, problem);
  }

  @Test
  void keysThatAreNotReadAreNoted() throws IOException {
    List<String> notes = new ArrayList<>();
    Path file =
        file(
            "a.jsonl",
            "{\"input_ids\": [1], \"labels\": [-100], \"length\": [1], \"text\": \"a\","
                + " \"words\": [\"a\"], \"special_tokens_mask\": [0], \"position_ids\": [3]}\n");
    Sequences.read(corpus(file).onNote(notes::add));
    assertThat(notes)
        .containsExactly(
            file + ": not read: labels, position_ids; every id counts, at its place in its row");
  }

  @Test
  void textOfAnotherEncodingHasNoIds() throws IOException {
    Path file = write("a.json", "[[1, 2]]".getBytes(StandardCharsets.UTF_16));
    assertRefused(corpus(file), file, "expected UTF-8, found the byte order mark of UTF-16");
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

  @ParameterizedTest
  @ValueSource(strings = {">u2", ">i2", ">u4", ">i4", ">u8", ">i8"})
  void npyThatIsBigEndian(String descr) throws IOException {
    int width = descr.charAt(2) - '0';
    byte[] ids = new byte[6 * width];
    for (int i = 0; i < 6; i++) {
      ids[(i + 1) * width - 2] = 1;
      ids[(i + 1) * width - 1] = (byte) (250 + i);
    }
    assertThat(Sequences.read(corpus(npy(descr, "(2, 3)", ids))))
        .isEqualTo(Sequences.of(new int[] {506, 507, 508}, new int[] {509, 510, 511}));
  }

  @ParameterizedTest
  @ValueSource(strings = {"|u1", "<i8", ">i4"})
  void npyInFortransOrder(String descr) throws IOException {
    int width = descr.charAt(2) - '0';
    byte[] ids = bytes(width, 1, 4, 2, 5, 3, 6);
    if (descr.startsWith(">")) {
      ids =
          ByteBuffer.allocate(24)
              .putInt(1)
              .putInt(4)
              .putInt(2)
              .putInt(5)
              .putInt(3)
              .putInt(6)
              .array();
    }
    Path file = TestFiles.npy(folder.resolve("f.npy"), descr, "True", "(2, 3)", ids);
    Sequences rows = Sequences.of(new int[] {1, 2, 3}, new int[] {4, 5, 6});
    assertThat(Sequences.read(corpus(file))).isEqualTo(rows);
    byte[] npz = TestFiles.zip(ZipEntry.DEFLATED, "x.npy", Files.readAllBytes(file));
    assertThat(Sequences.read(corpus(write("f.npz", npz)))).isEqualTo(rows);
    Path inARow =
        TestFiles.npy(folder.resolve("g.npy"), "|u1", "True", "(4,)", bytes(1, 1, 2, 3, 4));
    assertThat(Sequences.read(corpus(inARow))).isEqualTo(Sequences.of(new int[] {1, 2, 3, 4}));
  }

  @Test
  void largeNpyInFortransOrder() throws IOException {
    int rows = 1500;
    byte[] ids = new byte[2 * rows * 20];
    for (int i = 0; i < rows * 20; i++) {
      int id = (i % rows * 20 + i / rows) % 2000;
      ids[2 * i] = (byte) id;
      ids[2 * i + 1] = (byte) (id >> 8);
    }
    Path file = TestFiles.npy(folder.resolve("f.npy"), "<u2", "True", "(1500, 20)", ids);
    Sequences read = Sequences.read(corpus(file));
    assertThat(read.count()).isEqualTo(rows);
    for (int i = 0; i < rows * 20; i++) {
      assertThat(read.token(i / 20, i % 20)).isEqualTo(i % 2000);
    }
    TestFiles.npy(file, "<i2", "True", "(2, 2)", bytes(2, 1, 2, 3, -1));
    assertRefused(corpus(file), file, "sequence 1, position 1: expected a token id from 0");
  }

  /** Of four bytes without a sign: no id is as large, but none is to come out negative. */
  @Test
  void idsOfFourBytesHaveNoSign() throws IOException {
    Path file = npy("<u4", "(1, 2)", bytes(4, 1, 0xFFFF_FFFEL));
    assertRefused(corpus(file), file, "sequence 0, position 1: expected a token id from 0 to");
    assertRefused(corpus(file), file, "found 4294967294");
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
        "|O  ; False ; (1,)      ; descr |O is not supported; numbers are",
        ">i2 ; True  ; (4, 2)    ; expected 16 bytes for I16 [4, 2], found 8",
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
    assertRefused(corpus(file), file, "more after the array's 8 numbers");
    byte[] shorter = Files.readAllBytes(npy("|u1", "(2, 4)", new byte[7]));
    assertRefused(corpus(write("b", TestFiles.gzip(shorter))), file, "ends after 7 numbers");
    assertRefused(
        corpus(write("b", TestFiles.gzip(Arrays.copyOf(shorter, 40)))), file, "header of");
    byte[] zip = TestFiles.zip(ZipEntry.STORED, "a.npy", longer);
    assertRefused(corpus(write("b", zip)), file, "more after the array's 8 numbers");
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

  private byte[] array(String descr, String shape, byte[] data) throws IOException {
    return Files.readAllBytes(npy(descr, shape, data));
  }

  @Test
  void anArchiveOfIdsAndTheirMask() throws IOException {
    byte[] ids = array("<i4", "(2, 4)", bytes(4, 1, 2, 3, 0, 4, 5, 0, 0));
    byte[] mask = array("|b1", "(2, 4)", bytes(1, 1, 1, 1, 0, 1, 1, 0, 0));
    byte[] long8 = array("<i8", "(2, 4)", bytes(8, 1, 1, 1, 0, 1, 1, 0, 0));
    Sequences expected = Sequences.of(new int[] {1, 2, 3}, new int[] {4, 5});
    for (byte[] ones : List.of(mask, long8)) {
      byte[] zip =
          TestFiles.zip(ZipEntry.DEFLATED, "attention_mask.npy", ones, "input_ids.npy", ids);
      assertThat(Sequences.read(corpus(write("b", zip)))).isEqualTo(expected);
    }
    List<String> notes = new ArrayList<>();
    byte[] more =
        TestFiles.zip(ZipEntry.STORED, "tokens.npy", ids, "labels.npy", ids, "length.npy", ids);
    Path file = write("c", more);
    assertThat(Sequences.read(corpus(file).withColumn("tokens").onNote(notes::add)).count())
        .isEqualTo(2);
    assertThat(notes).hasSize(1).first().asString().contains(": not read: labels; every id counts");
    byte[] other = array("<i4", "(2, 3)", bytes(4, 1, 1, 1, 1, 1, 1));
    assertRefused(
        corpus(
            write(
                "d",
                TestFiles.zip(ZipEntry.STORED, "input_ids.npy", ids, "attention_mask.npy", other))),
        folder.resolve("d"),
        "attention mask: expected the shape of the ids, [2, 4], found [2, 3]");
  }

  @Test
  void anArchiveThatEndsEarly() throws IOException {
    Path file = TestData.path("cases/unclear/eof.npz");
    assertRefused(corpus(file), file, "the zip archive is damaged");
  }

  @Test
  void arrowIsRefused() throws IOException {
    for (byte[] begin :
        List.of(
            "ARROW1\0\0".getBytes(StandardCharsets.US_ASCII),
            "FEA1    ".getBytes(StandardCharsets.US_ASCII),
            new byte[] {-1, -1, -1, -1, 0x18, 0x02, 0, 0, 0x10, 0, 0, 0})) {
      Path file = write("data-00000-of-00001.arrow", begin);
      assertRefused(corpus(file), file, "Arrow's own format, which is not read: in Python");
    }
  }

  @Test
  void anArchiveHasOneArray() throws IOException {
    byte[] array = Files.readAllBytes(npy("|u1", "(2, 4)", new byte[8]));
    Path file = write("b", TestFiles.zip(ZipEntry.DEFLATED, "a.npy", array, "b.npy", array));
    assertRefused(
        corpus(file),
        file,
        "expected an archive of one array, or one of them named input_ids, found 2: [a.npy,"
            + " b.npy]");
    byte[] text = "no array".getBytes(StandardCharsets.UTF_8);
    assertRefused(
        corpus(write("b", TestFiles.zip(ZipEntry.DEFLATED, "a.txt", text))),
        file,
        "no array of NumPy");
  }
}
