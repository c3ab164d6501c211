package org.sae4j.corpus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sae4j.Model;
import org.sae4j.arch.ModelShape;
import org.sae4j.format.FormatException;
import org.sae4j.tokens.Corpus;
import org.sae4j.tokens.Sequences;

class CorpusFilesTest {
  private static final ModelShape SHAPE = new ModelShape(1, 1, 8, 32, 64, 2048, true, 1e-5f);
  @TempDir private Path folder;

  private void make(String... names) throws IOException {
    for (String name : names) {
      Path file = folder.resolve(name);
      Files.createDirectories(file.getParent());
      Files.writeString(file, "[[1, 2]]");
    }
  }

  private List<String> find(String... names) throws IOException {
    List<String> within = Arrays.stream(names).map(name -> folder + "/" + name).toList();
    return CorpusFiles.find(within).paths().stream()
        .map(path -> folder.relativize(path).toString().replace('\\', '/'))
        .toList();
  }

  private void assertRefused(String name, String problem) {
    assertThatThrownBy(() -> find(name))
        .isInstanceOf(FormatException.class)
        .hasMessageStartingWith(folder.toString())
        .hasMessageContaining(problem);
  }

  @Test
  void patterns() throws IOException {
    make("b.txt", "a.txt", "a10.txt", "a2.txt", "c.json", ".hidden.txt", "x/d.txt", "x/y/e.txt");
    assertThat(find("*.txt")).containsExactly("a.txt", "a10.txt", "a2.txt", "b.txt");
    assertThat(find("?.txt", "c.json")).containsExactly("a.txt", "b.txt", "c.json");
    assertThat(find("[ac].*")).containsExactly("a.txt", "c.json");
    assertThat(find("{b,c}.*")).containsExactly("b.txt", "c.json");
    assertThat(find("*/*.txt")).containsExactly("x/d.txt");
    assertThat(find("x/**/*.txt")).containsExactly("x/d.txt", "x/y/e.txt");
    assertThat(find(".*.txt")).containsExactly(".hidden.txt");
    assertRefused("*.npy", "no file matches '*.npy'");
    assertRefused("none/*.npy", "no file matches '*.npy'");
    assertRefused("[", "is no pattern: ");
  }

  @Test
  void aNameThatExistsIsNoPattern() throws IOException {
    make("a[1].txt", "a1.txt");
    assertThat(find("a[1].txt")).containsExactly("a[1].txt");
    assertThat(find("none.txt")).containsExactly("none.txt");
  }

  @Test
  void aFolderIsTheFilesInIt() throws IOException {
    make("t-00001-of-00002.parquet", "t-00000-of-00002.parquet", "README.md", ".gitattributes");
    make("dataset_infos.json", "LICENSE", "_SUCCESS", ".cache/x.lock");
    assertThat(find("")).containsExactly("t-00000-of-00002.parquet", "t-00001-of-00002.parquet");
  }

  @Test
  void aFolderOfOneFolder() throws IOException {
    make("README.md", "data/b.jsonl.gz", "data/a.jsonl.gz");
    assertThat(find("")).containsExactly("data/a.jsonl.gz", "data/b.jsonl.gz");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "a.txt b.parquet c.txt | expected files of one kind, found 1 .parquet, 2 .txt: name what",
        "a.txt x/b.txt         | expected files of one kind, found 1 .txt; folders x: name what",
        "x/a.txt y/b.txt       | expected files of one kind, found none; folders x, y: name what",
        "README.md             | expected files of one kind, found none: name what",
        "te-00000-of-00001.parquet tr-00000-of-00001.parquet"
            + " | expected one split, found [te, tr]: name what is meant by a pattern: '",
        "t-00000-of-00003.parquet t-00002-of-00003.parquet | expected 00003 files t-*, found 2: if",
        "data-00000-of-00001.arrow state.json dataset_info.json"
            + " | datasets.load_from_disk(FOLDER).to_parquet(",
        "dataset_dict.json train/state.json | load_from_disk(FOLDER)[\"train\"].to_parquet(",
      })
  void foldersThatAreRefused(String names, String problem) throws IOException {
    make(names.split(" "));
    assertRefused("", problem);
  }

  private void assertChanged(Path file, Corpus corpus) {
    assertThatThrownBy(() -> Sequences.read(corpus))
        .isInstanceOf(FormatException.class)
        .hasMessageStartingWith(file + ": the file changed while it was in use: expected ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"size", "time", "key"})
  void aFileThatChangesIsNoticedWhenItIsOpenedAgain(String how) throws IOException {
    make("a.json", "b.json");
    Path file = folder.resolve("b.json");
    Corpus corpus = TokenCorpus.of(List.of(folder.resolve("a.json"), file), SHAPE);
    assertThat(Sequences.read(corpus)).isEqualTo(Sequences.read(corpus));
    FileTime modified = Files.getLastModifiedTime(file);
    switch (how) {
      case "size" -> {
        Files.writeString(file, "[[1, 2], [3]]");
        Files.setLastModifiedTime(file, modified);
      }
      case "time" -> Files.setLastModifiedTime(file, FileTime.fromMillis(1));
      default -> {
        Path other = Files.writeString(folder.resolve("other"), "[[3, 4]]");
        Files.setLastModifiedTime(other, modified);
        Files.move(other, file, StandardCopyOption.REPLACE_EXISTING);
      }
    }
    assertChanged(file, corpus);
  }

  @Test
  void aFileThatChangesWhileItIsReadIsNoticedAtItsEnd() throws IOException {
    Path file = Files.writeString(folder.resolve("a.jsonl"), "{\"text\": \"To be or not\"}\n");
    try (Model model = TestFiles.model()) {
      Corpus corpus = TextCorpus.of(List.of(file), model.tokenizer(), 2);
      Corpus.Reading reading = corpus.open();
      reading.next();
      Files.writeString(file, "{\"text\": \"That is the question.\"}\n");
      assertThatThrownBy(reading::close)
          .isInstanceOf(FormatException.class)
          .hasMessageContaining("changed while it was in use");
      assertChanged(file, corpus);
    }
  }

  /** Half of a file that is being replaced looks damaged; that it changed says more. */
  @Test
  void aFileThatIsDamagedBecauseItChanged() throws IOException {
    StringBuilder json = new StringBuilder("[[1]");
    for (int i = 0; i < 100_000; i++) {
      json.append(", [1, 2, 3]");
    }
    Path file = Files.writeString(folder.resolve("a.json"), json.append("]"));
    try (Corpus.Reading reading = TokenCorpus.of(List.of(file), SHAPE).open()) {
      reading.next();
      Files.writeString(file, "[[");
      assertThatThrownBy(
              () -> {
                while (reading.next().isPresent()) {}
              })
          .hasMessageContaining("changed while it was in use");
    } catch (FormatException e) {
      assertThat(e).hasMessageContaining("changed while it was in use");
    }
  }
}
