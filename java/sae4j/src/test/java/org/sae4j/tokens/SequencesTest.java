package org.sae4j.tokens;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sae4j.Fixtures;
import org.sae4j.format.FormatException;

class SequencesTest {
  private static final OptionalInt NO_BOS = OptionalInt.empty();

  private static int[] count(int n) {
    return IntStream.range(1, n + 1).toArray();
  }

  @Test
  void splitKeepsARestOfTwoTokens() {
    assertThat(Sequences.split(count(10), 4, NO_BOS))
        .isEqualTo(Sequences.of(new int[] {1, 2, 3, 4}, new int[] {5, 6, 7, 8}, new int[] {9, 10}));
    assertThat(Sequences.split(count(9), 4, NO_BOS).count()).isEqualTo(2);
    assertThat(Sequences.split(count(8), 4, NO_BOS).count()).isEqualTo(2);
  }

  @Test
  void splitPutsTheFirstTokenBeforeEachSequence() {
    assertThat(Sequences.split(count(7), 4, OptionalInt.of(0)))
        .isEqualTo(Sequences.of(new int[] {0, 1, 2, 3}, new int[] {0, 4, 5, 6}, new int[] {0, 7}));
  }

  @Test
  void splitNeedsTwoTokens() {
    assertThatThrownBy(() -> Sequences.split(count(1), 4, NO_BOS))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Sequences.split(new int[0], 4, OptionalInt.of(0)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Sequences.split(count(5), 1, NO_BOS))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void sequencesAreCopies() {
    int[] mine = {1, 2};
    Sequences sequences = Sequences.of(mine);
    mine[0] = 9;
    sequences.sequence(0)[1] = 9;
    assertThat(sequences.sequence(0)).containsExactly(1, 2);
  }

  @Test
  void emptyOnesAreRefused() {
    assertThatThrownBy(Sequences::of).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Sequences.of(count(2), new int[0]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("sequence 1 is empty");
  }

  @Test
  void firstCutsTheLastSequence() {
    Sequences sequences = Sequences.of(count(3), count(4), count(5));
    assertThat(sequences.first(5)).isEqualTo(Sequences.of(count(3), count(2)));
    assertThat(sequences.first(3)).isEqualTo(Sequences.of(count(3)));
    assertThat(sequences.first(100)).isSameAs(sequences);
  }

  @Test
  void batchesHoldWholeSequencesInOrder() {
    Sequences sequences = Sequences.of(count(3), count(4), count(9), count(1), count(1));
    assertThat(sequences.batches(7))
        .isEqualTo(
            List.of(
                Sequences.of(count(3), count(4)),
                Sequences.of(count(9)),
                Sequences.of(count(1), count(1))));
    assertThat(sequences.batches(1)).hasSize(5);
    assertThat(sequences.batches(1000)).containsExactly(sequences);
  }

  @Test
  void indices() {
    Sequences sequences = Sequences.of(count(3), count(4));
    assertThat(sequences.index(1, 2)).isEqualTo(5);
    assertThat(sequences.token(1, 2)).isEqualTo(3);
    assertThat(sequences.longest()).isEqualTo(4);
    assertThatThrownBy(() -> sequences.index(0, 3)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> sequences.index(2, 0)).isInstanceOf(IndexOutOfBoundsException.class);
    for (int none : new int[] {-1, 2, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
      assertThatThrownBy(() -> sequences.offset(none))
          .isInstanceOf(IndexOutOfBoundsException.class);
      assertThatThrownBy(() -> sequences.length(none))
          .isInstanceOf(IndexOutOfBoundsException.class);
      assertThatThrownBy(() -> sequences.sequence(none))
          .isInstanceOf(IndexOutOfBoundsException.class);
      assertThatThrownBy(() -> sequences.token(none, 0))
          .isInstanceOf(IndexOutOfBoundsException.class);
    }
  }

  @Test
  void eachReadingHasAllSequences() throws IOException {
    Sequences sequences = Sequences.of(count(3), count(4), count(1));
    assertThat(sequences.knownTokens()).hasValue(8);
    try (Corpus.Reading one = sequences.open()) {
      assertThat(one.next()).hasValue(count(3));
      assertThat(Sequences.read(sequences)).isEqualTo(sequences);
      assertThat(one.next()).hasValue(count(4));
      assertThat(one.next()).hasValue(count(1));
      assertThat(one.next()).isEmpty();
      assertThat(one.next()).isEmpty();
    }
  }

  @Test
  void noMoreIsReadThanIsKept() throws IOException {
    AtomicInteger read = new AtomicInteger();
    Corpus endless = endless(read);
    assertThat(Sequences.read(endless.first(7)))
        .isEqualTo(Sequences.of(count(3), count(3), count(1)));
    assertThat(Sequences.read(endless.first(6))).isEqualTo(Sequences.of(count(3), count(3)));
    assertThat(read).hasValue(3 + 2);
    assertThat(endless.first(6).knownTokens()).isEmpty();
    assertThatThrownBy(() -> endless.first(0)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void theBeginningOfACorpusThatIsKnown() throws IOException {
    Corpus corpus = Sequences.of(count(3), count(4));
    assertThat(corpus.first(5L).knownTokens()).hasValue(5);
    assertThat(corpus.first(8L).knownTokens()).hasValue(7);
    assertThat(Sequences.read(corpus.first(5L)))
        .isEqualTo(Sequences.of(count(3), count(2)))
        .isEqualTo(Sequences.of(count(3), count(4)).first(5));
  }

  private static Corpus endless(AtomicInteger read) {
    return new Corpus() {
      @Override
      public Reading open() {
        return new Reading() {
          @Override
          public Optional<int[]> next() {
            read.incrementAndGet();
            return Optional.of(count(3));
          }

          @Override
          public void close() {}
        };
      }

      @Override
      public OptionalLong knownTokens() {
        return OptionalLong.empty();
      }
    };
  }

  @Test
  void positionsSelect() {
    Sequences sequences = Sequences.of(count(3), count(2));
    assertThat(sequences.select(Positions.all())).containsOnly(true);
    assertThat(sequences.select(Positions.allButFirst()))
        .containsExactly(false, true, true, false, true);
    assertThat(sequences.select(Positions.last())).containsExactly(false, false, true, false, true);
    assertThat(sequences.select(Positions.of(2, 0)))
        .containsExactly(true, false, true, true, false);
    assertThat(sequences.select(Positions.exceptTokens(2).and(Positions.allButFirst())))
        .containsExactly(false, false, true, false, false);
    assertThat(Positions.exceptTokens(2).and(Positions.of(3, 1)))
        .hasToString("all but tokens [2] and positions [1, 3]");
    assertThatThrownBy(() -> Positions.of(-1)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void jsonIsReadAsItStands(@TempDir Path folder) throws IOException {
    Path file = Files.writeString(folder.resolve("tokens.json"), "[[1, 2],\n [3]]\n");
    assertThat(Sequences.fromJson(file)).isEqualTo(Sequences.of(count(2), new int[] {3}));
    assertThat(Sequences.fromJson(Fixtures.path("tokens/eval.json")).tokens()).isEqualTo(2048);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[",
        "[]",
        "[[]]",
        "[[1], []]",
        "{}",
        "[1, 2]",
        "[[1.5]]",
        "[[\"1\"]]",
        "[[null]]",
        "[[99999999999]]",
        "[[1]] x",
        "[[1]",
        "[[[1]]]",
        "[[1],]",
        "[[true]]",
        "[[NaN]]",
        "null"
      })
  void otherJsonIsRefused(String json, @TempDir Path folder) throws IOException {
    Path file = Files.writeString(folder.resolve("tokens.json"), json);
    assertThatThrownBy(() -> Sequences.fromJson(file))
        .isInstanceOf(FormatException.class)
        .hasMessageStartingWith(file + ": expected");
  }

  @Test
  void jsonThatIsNotThere() {
    assertThatThrownBy(() -> Sequences.fromJson(Path.of("no such file.json")))
        .isInstanceOf(NoSuchFileException.class);
  }
}
