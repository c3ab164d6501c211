package org.sae4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.Reader;
import java.io.StringReader;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class TextTokensTest {
  private static Model model;

  @BeforeAll
  @BeforeContainer
  static void open() throws IOException {
    model = Fixtures.model();
  }

  @AfterAll
  @AfterContainer
  static void close() {
    model.close();
  }

  private static int[] encode(String text) {
    return model.tokenizer().encode(text, SpecialTokens.PARSED);
  }

  /** The tokens of all pieces, each read from a source that gives a few characters at a time. */
  private static List<int[]> pieces(
      String text, Function<String, int[]> encode, int shortest, int longest) throws IOException {
    Reader slow =
        new StringReader(text) {
          @Override
          public int read(char[] into, int offset, int length) throws IOException {
            return super.read(into, offset, Math.min(length, 7));
          }
        };
    TextTokens tokens =
        new TextTokens(
            slow, encode, model.tokenizer().vocabulary()::touchesToken, shortest, longest, 24);
    List<int[]> pieces = new ArrayList<>();
    Optional<int[]> next = tokens.next();
    while (next.isPresent()) {
      pieces.add(next.get());
      next = tokens.next();
    }
    return pieces;
  }

  private static int[] joined(List<int[]> pieces) {
    return pieces.stream().flatMapToInt(IntStream::of).toArray();
  }

  @Provide
  Arbitrary<String> texts() {
    return Arbitraries.of(
            "the",
            " of",
            "'s",
            "'",
            "don't",
            " ",
            "  ",
            "\n",
            "\n\n",
            "\t",
            "\r\n",
            "12",
            "3",
            "²",
            "Ⅷ",
            "é",
            "e\u0301",
            "日本",
            "。",
            "\u3000",
            "\u00A0",
            "\u0085",
            "😀",
            "𝒜",
            "\uD83D",
            "<|endoftext|>",
            "<|",
            "|>",
            "...",
            " --",
            "!",
            "क्",
            "\u200D",
            "\uFEFF",
            "\0",
            "\u0378",
            "_",
            "A",
            "ß",
            "1st",
            "=",
            ",")
        .list()
        .ofMaxSize(200)
        .map(parts -> String.join("", parts));
  }

  @Property(tries = 2000)
  void piecesGiveTheTokensOfTheWhole(
      @ForAll("texts") String text, @ForAll @IntRange(min = 30, max = 200) int shortest)
      throws IOException {
    assertThat(joined(pieces(text, TextTokensTest::encode, shortest, 1 << 20)))
        .isEqualTo(encode(text));
  }

  @Test
  void textsOfTheDemo() throws IOException {
    for (String name : List.of("prose.txt", "shakespeare.txt")) {
      String text = Files.readString(Fixtures.path("texts/" + name));
      List<int[]> pieces = pieces(text, TextTokensTest::encode, 64, 1 << 20);
      assertThat(pieces).hasSizeGreaterThan(text.length() / 64);
      assertThat(joined(pieces)).isEqualTo(encode(text));
    }
  }

  @Test
  void aRunWithoutAPlaceToCutIsCutAtTheLimit() throws IOException {
    String text = "a".repeat(1000) + "\uD83D\uDE00".repeat(500) + " end";
    List<int[]> pieces = pieces(text, TextTokensTest::encode, 64, 255);
    assertThat(pieces.size()).isBetween(8, 12);
    assertThat(model.tokenizer().decode(joined(pieces))).isEqualTo(text);
  }

  /** A tokenizer that a rule about words alone would not be enough for. */
  private static int[] oneTokenThatHoldsSpaces(String text) {
    List<Integer> tokens = new ArrayList<>();
    Matcher matcher = Pattern.compile("<new page>|.", Pattern.DOTALL).matcher(text);
    while (matcher.find()) {
      tokens.add(matcher.group().length() > 1 ? -1 : (int) matcher.group().charAt(0));
    }
    return tokens.stream().mapToInt(Integer::intValue).toArray();
  }

  @Test
  void tokensThatHoldSpacesStayWhole() throws IOException {
    String text = "one <new page> two three<new page>four <new page><new page> five ".repeat(20);
    for (int shortest = 40; shortest < 140; shortest++) {
      assertThat(joined(pieces(text, TextTokensTest::oneTokenThatHoldsSpaces, shortest, 1 << 20)))
          .isEqualTo(oneTokenThatHoldsSpaces(text));
    }
  }

  @Test
  void nothing() throws IOException {
    assertThat(joined(pieces("", TextTokensTest::encode, 64, 128))).isEmpty();
  }
}
