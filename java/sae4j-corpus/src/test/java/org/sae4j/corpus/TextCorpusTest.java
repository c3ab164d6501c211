package org.sae4j.corpus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sae4j.Model;
import org.sae4j.SpecialTokens;
import org.sae4j.format.FormatException;
import org.sae4j.testing.TestData;
import org.sae4j.tokens.Corpus;
import org.sae4j.tokens.Sequences;

class TextCorpusTest {
  private static final List<String> TEXTS =
      List.of("The first document.", "Ünd a second: 日本語", "and\nthe third");
  private static Model model;
  @TempDir private Path folder;

  @BeforeAll
  static void open() throws IOException {
    model = TestFiles.model();
  }

  @AfterAll
  static void close() {
    model.close();
  }

  private static TextCorpus corpus(Path... files) {
    return TextCorpus.of(List.of(files), model.tokenizer(), 16);
  }

  private static int[] encode(String text) {
    return model.tokenizer().encode(text, SpecialTokens.PARSED);
  }

  /** The documents' tokens with EOS between any two, in sequences of 16. */
  private static Sequences joined(List<String> documents) {
    List<Integer> tokens = new ArrayList<>();
    for (String document : documents) {
      if (!tokens.isEmpty()) {
        tokens.add(model.tokenizer().eos().orElseThrow());
      }
      Arrays.stream(encode(document)).forEach(tokens::add);
    }
    int[] ids = tokens.stream().mapToInt(Integer::intValue).toArray();
    return Sequences.split(ids, 16, OptionalInt.empty());
  }

  private Path file(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text);
  }

  private Path file(String name, byte[] bytes) throws IOException {
    return Files.write(folder.resolve(name), bytes);
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String lines(String key) {
    StringBuilder lines = new StringBuilder();
    for (String text : TEXTS) {
      lines.append("{\"n\": [1, {\"text\": 2}], \"%s\": \"".formatted(key));
      lines.append(text.replace("\n", "\\n")).append("\"}\n\n");
    }
    return lines.toString();
  }

  @Test
  void aTextIsSplitAsBefore() throws IOException {
    Path prose = TestData.path("texts/prose.txt");
    int[] tokens = encode(Files.readString(prose));
    assertThat(Sequences.read(corpus(prose)))
        .isEqualTo(Sequences.split(tokens, 16, OptionalInt.empty()));
    assertThat(Sequences.read(corpus(prose).withBos(5)))
        .isEqualTo(Sequences.split(tokens, 16, OptionalInt.of(5)));
    assertThat(Sequences.read(corpus(prose).first(100)))
        .isEqualTo(Sequences.split(tokens, 16, OptionalInt.empty()).first(100));
  }

  @ParameterizedTest
  @ValueSource(strings = {"none", "snappy", "gzip", "zstd", "lz4", "pages2"})
  void parquet(String codec) throws IOException {
    Path file = TestFiles.made(codec + ".parquet");
    assertThat(Sequences.read(corpus(file))).isEqualTo(joined(TEXTS));
    assertThat(Sequences.read(corpus(file).withColumn("text"))).isEqualTo(joined(TEXTS));
  }

  @ParameterizedTest
  @ValueSource(strings = {"a.jsonl", "a.NDJSON", "a.json", "a.jsonl.gz", "a.jsonl.zst"})
  void jsonLinesByName(String name) throws IOException {
    assertThat(Sequences.read(corpus(file(name, lines("text"))))).isEqualTo(joined(TEXTS));
    assertThat(Sequences.read(corpus(file(name, TestFiles.gzip(utf8(lines("text")))))))
        .isEqualTo(joined(TEXTS));
  }

  @Test
  void jsonLinesByKey() throws IOException {
    Path file = file("documents", lines("content").replace("\n", "\r\n"));
    assertThat(Sequences.read(corpus(file).withTextKey("content"))).isEqualTo(joined(TEXTS));
  }

  @Test
  void jsonOverSeveralLines() throws IOException {
    String objects = lines("text").strip().replaceAll("\n+", ",\n ");
    assertThat(Sequences.read(corpus(file("a.json", "[" + objects + "]\n"))))
        .isEqualTo(joined(TEXTS));
    Path one = file("b.json", "{\n  \"id\": 1,\n  \"text\": \"To be,\\nor not\"\n}\n");
    assertThat(Sequences.read(corpus(one))).isEqualTo(joined(List.of("To be,\nor not")));
    assertRefused(
        file("c.json", "[{\"text\": \"a\"}, 1]"), "array element 1: expected a JSON object");
    assertRefused(file("d.json", "[{\"text\": \"a\"}"), "expected a JSON object, found other text");
    assertRefused(file("e.json", "[\"a b c\"]"), "array element 0: expected a JSON object");
    assertRefused(
        file("f.json", "{\n\"text\": \"a b c d\"\n} {}"), "expected a JSON object, found");
  }

  @Test
  void documentsThatAreNull() throws IOException {
    List<String> notes = new ArrayList<>();
    Path lines = file("a.jsonl", "{\"text\": null}\n" + lines("text") + "{\"text\": null}");
    assertThat(Sequences.read(corpus(lines).onNote(notes::add))).isEqualTo(joined(TEXTS));
    assertThat(notes).containsExactly(lines + ": line 1: there is no text; such rows are skipped");
    notes.clear();
    Path parquet = TestFiles.made("none.parquet");
    assertThat(Sequences.read(corpus(parquet).onNote(notes::add))).isEqualTo(joined(TEXTS));
    assertThat(notes).containsExactly(parquet + ": row 2: there is no text; such rows are skipped");
    assertRefused(file("b.jsonl", "{\"text\": null}\n"), "0 tokens do not make a sequence");
  }

  @ParameterizedTest
  @CsvSource({
    "UTF-16LE, false, 'a NUL byte at offset 1: if it is UTF-16, convert it'",
    "UTF-16BE, false, 'a NUL byte at offset 0: if it is UTF-16, convert it'",
    "UTF-32LE, false, 'a NUL byte at offset 1'",
    "UTF-32BE, false, 'a NUL byte at offset 0'",
    "UTF-16LE, true,  'found the byte order mark of UTF-16: convert it'",
    "UTF-16BE, true,  'found the byte order mark of UTF-16: convert it'",
    "UTF-32LE, true,  'found the byte order mark of UTF-32: convert it'",
    "UTF-32BE, true,  'found the byte order mark of UTF-32: convert it'",
  })
  void otherEncodings(String charset, boolean marked, String problem) throws IOException {
    String text = (marked ? "\ufeff" : "") + "{\"text\": \"To be, or not to be\"}\n";
    byte[] bytes = text.getBytes(Charset.forName(charset));
    assertRefused(file("a.txt", bytes), problem);
    assertRefused(file("b.jsonl", bytes), problem);
    assertRefused(file("c.txt.gz", TestFiles.gzip(bytes)), problem);
  }

  @Test
  void noTextHasNul() throws IOException {
    String prose = "To be, or not to be. ".repeat(5000);
    assertRefused(file("a", prose + "\0"), "found a NUL byte at offset " + prose.length() + ":");
    assertRefused(file("b", new byte[100]), "found a NUL byte at offset 0:");
    assertRefused(
        file("c.jsonl", "{\"text\": \"ab\"}\n{\"text\": \"ab\\u0000c\"}\n"),
        "line 2, key text: expected text, found a NUL character at index 2");
    assertThatThrownBy(() -> Sequences.read(corpus(TestFiles.made("nul.parquet"))))
        .hasMessageContaining(
            "column text, row 1: expected text, found a NUL character at index 2");
  }

  @Test
  void theMarkOfUtf8IsText() throws IOException {
    List<String> notes = new ArrayList<>();
    Path file = file("a.txt", "\ufeffTo be, or not to be");
    assertThat(Sequences.read(corpus(file).onNote(notes::add)))
        .isEqualTo(joined(List.of("\ufeffTo be, or not to be")));
    assertThat(notes).hasSize(1).first().asString().startsWith(file + ": it begins with U+FEFF");
    notes.clear();
    Path lines = file("a.jsonl", "\ufeff" + lines("text"));
    assertThat(Sequences.read(corpus(lines).onNote(notes::add))).isEqualTo(joined(TEXTS));
    assertThat(notes).isEmpty();
  }

  @Test
  void severalFilesOfAllKinds() throws IOException {
    List<String> all = new ArrayList<>(List.of("To be.", "<|endoftext|> or {not}"));
    all.addAll(TEXTS);
    all.addAll(TEXTS);
    assertThat(
            Sequences.read(
                corpus(
                    file("a", "To be."),
                    file("empty", ""),
                    file("b.txt", TestFiles.gzip(utf8("<|endoftext|> or {not}"))),
                    TestFiles.made("zstd.parquet"),
                    file("c.jsonl", lines("text").strip()))))
        .isEqualTo(joined(all));
  }

  @Test
  void zstd() throws IOException {
    assertThat(Sequences.read(corpus(TestFiles.made("text.txt.zst"))))
        .isEqualTo(joined(List.of("To be, or not to be.\n".repeat(100))));
  }

  @Test
  void membersOfGzipOneAfterAnother() throws IOException {
    byte[] one = TestFiles.gzip(utf8("To be, "));
    byte[] both = Arrays.copyOf(one, 2 * one.length);
    System.arraycopy(one, 0, both, one.length, one.length);
    assertThat(Sequences.read(corpus(file("twice.gz", both))))
        .isEqualTo(joined(List.of("To be, To be, ")));
  }

  @Test
  void eachReadingBeginsAtTheFirstSequence() throws IOException {
    Corpus corpus = corpus(file("c.jsonl", lines("text")));
    try (Corpus.Reading one = corpus.open();
        Corpus.Reading other = corpus.open()) {
      assertThat(one.next().orElseThrow()).isEqualTo(other.next().orElseThrow());
    }
    assertThat(Sequences.read(corpus)).isEqualTo(Sequences.read(corpus));
  }

  @Test
  void noMoreIsReadThanIsAskedFor() throws IOException {
    Path broken = file("c.jsonl", lines("text") + "no JSON\n");
    assertThat(Sequences.read(corpus(broken).first(16)).tokens()).isEqualTo(16);
    assertThatThrownBy(() -> Sequences.read(corpus(broken))).isInstanceOf(FormatException.class);
  }

  private void assertRefused(Path file, String problem) {
    assertThatThrownBy(() -> Sequences.read(corpus(file)))
        .isInstanceOf(FormatException.class)
        .hasMessageStartingWith(file + ": ")
        .hasMessageContaining(problem);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "x                              | line 2: expected a JSON object",
        "[1]                            | line 2: expected a JSON object",
        "null                           | line 2: expected a JSON object",
        "{'text': 'a'}                  | line 2: expected a JSON object",
        "{\"text\": \"a\"              | line 2: expected a JSON object",
        "{\"text\": \"a\"} {}          | line 2: expected a JSON object, found other text",
        "{\"text\": 1}                  | line 2: key text: expected a string, found a number",
        "{\"text\": [\"a\"]}            | line 2: key text: expected a string, found an array",
        "{\"text\": \"a\", \"text\": \"b\"} | line 2: key text: there are two",
        "{\"b\": 1, \"a\": {}}          | line 2: expected a key text, found [a, b]",
        "{}                             | line 2: expected a key text, found []",
      })
  void wrongLines(String line, String problem) throws IOException {
    assertRefused(file("a.jsonl", "{\"text\": \"a\"}\n" + line + "\n"), problem);
  }

  @Test
  void deepNestingIsRefused() throws IOException {
    assertRefused(
        file("a.jsonl", "{\"a\":" + "[".repeat(1_000_000) + "\n"),
        "line 1: expected a JSON object");
  }

  @Test
  void aLineThatIsTooLong() throws IOException {
    assertRefused(
        file("a.jsonl.gz", TestFiles.gzip(utf8("a".repeat(20_000_000)))),
        "line 1: expected at most 16777216 characters, found more");
  }

  @Test
  void emptyAndNearlyEmpty() throws IOException {
    assertRefused(file("empty", ""), "0 tokens do not make a sequence of two tokens");
    assertRefused(file("empty.jsonl", "\n\n"), "0 tokens do not make a sequence");
    assertRefused(file("empty.gz", TestFiles.gzip(new byte[0])), "0 tokens do not make a sequence");
    assertRefused(file("one", "a"), "1 tokens do not make a sequence");
  }

  @Test
  void damagedCompression() throws IOException {
    byte[] gzip = TestFiles.gzip(utf8("To be, or not to be, that is the question.".repeat(50)));
    assertRefused(file("a.gz", Arrays.copyOf(gzip, gzip.length / 2)), "the gzip data is truncated");
    assertRefused(file("b.gz", Arrays.copyOf(gzip, gzip.length - 4)), "the gzip data is truncated");
    assertRefused(file("c.gz", Arrays.copyOf(gzip, 5)), "the gzip data is truncated");
    gzip[20] ^= 0x55;
    assertRefused(file("d.gz", gzip), "the gzip data is damaged");
    byte[] zstd = Files.readAllBytes(TestFiles.made("text.txt.zst"));
    assertRefused(file("a.zst", Arrays.copyOf(zstd, 20)), "the zstd data is truncated");
    assertRefused(file("b.zst", Arrays.copyOf(zstd, 4)), "the zstd data is truncated");
    zstd[6] ^= 0x7F;
    assertRefused(file("c.zst", zstd), "the zstd data is ");
  }

  @Test
  void notUtf8() throws IOException {
    assertRefused(file("a", new byte[] {'a', 'b', (byte) 0xE9, 'c'}), "byte 0xE9 at offset 2");
    assertRefused(file("a.jsonl", new byte[] {'{', (byte) 0xFF}), "byte 0xFF at offset 1");
  }

  @Test
  void filesThatAreNotThere() {
    assertThatThrownBy(() -> Sequences.read(corpus(folder.resolve("none"))))
        .isInstanceOf(NoSuchFileException.class);
    assertRefused(folder, "expected a file, found a folder");
  }

  @Test
  void otherColumns() {
    Path file = TestFiles.made("none.parquet");
    assertThatThrownBy(() -> Sequences.read(corpus(file).withColumn("Text")))
        .isInstanceOf(FormatException.class)
        .hasMessageContaining("expected a column Text, found [text, input_ids, long_ids,");
    assertThatThrownBy(() -> Sequences.read(corpus(file).withColumn("number")))
        .isInstanceOf(FormatException.class)
        .hasMessageContaining("column number: expected texts, found optional int64 number");
    assertThatThrownBy(() -> Sequences.read(corpus(file).withColumn("latin1")))
        .isInstanceOf(FormatException.class)
        .hasMessageContaining("column latin1, row 1: expected UTF-8");
  }

  @Test
  void parquetThatCannotBeRead() throws IOException {
    byte[] bytes = Files.readAllBytes(TestFiles.made("none.parquet"));
    assertRefused(
        TestFiles.made("brotli.parquet"),
        "compressed with BROTLI, which is not read: write the file");
    assertRefused(file("a.parquet", TestFiles.gzip(bytes)), "decompress it");
    assertRefused(file("b.parquet", Arrays.copyOf(bytes, 1000)), "damaged or not supported");
    assertRefused(file("c.parquet", Arrays.copyOf(bytes, 4)), "damaged or not supported");
  }
}
