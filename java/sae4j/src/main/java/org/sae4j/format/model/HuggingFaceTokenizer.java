package org.sae4j.format.model;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.sae4j.format.FormatException;

/**
 * GPT-2's byte-level BPE tokenizer, from a Hugging Face folder.
 *
 * <p>It comes from {@code tokenizer.json}, or else from {@code vocab.json} and {@code merges.txt}.
 * A tokenizer that works otherwise than GPT-2's is refused.
 *
 * @param file where its tokens stand
 * @param vocabulary the tokens that merges make or that stand for a byte, in GPT-2's byte alphabet,
 *     with their numbers
 * @param merges what to join, first things first: two tokens and a space between them
 * @param unknown the token for a byte that no token stands for, if any; without it such bytes are
 *     left out
 * @param fusesUnknown whether several such bytes in a row give one token
 * @param added the tokens that a text is searched for before it is split
 * @param tokens the text of each token by its number: of {@code added} as it is, of the others in
 *     GPT-2's byte alphabet; rows of the embedding that no token uses are named {@code [PADn]}
 * @param types what kind of token each is
 * @param bosId the token that begins a text, if there is one
 * @param eosId the token that ends a text, if there is one
 * @param addsBos whether the tokenizer puts the BOS token before every text by itself
 */
public record HuggingFaceTokenizer(
    Path file,
    Map<String, Integer> vocabulary,
    List<String> merges,
    Optional<String> unknown,
    boolean fusesUnknown,
    List<AddedToken> added,
    List<String> tokens,
    List<TokenType> types,
    OptionalInt bosId,
    OptionalInt eosId,
    boolean addsBos) {

  public HuggingFaceTokenizer {
    vocabulary = Map.copyOf(vocabulary);
    merges = List.copyOf(merges);
    added = List.copyOf(added);
    tokens = List.copyOf(tokens);
    types = List.copyOf(types);
    if (tokens.size() != types.size()) {
      throw new IllegalArgumentException(tokens.size() + " tokens with " + types.size() + " types");
    }
  }

  /** Tells whether a model's folder has the files of a tokenizer. */
  public static boolean isIn(Path folder) {
    return Files.exists(folder.resolve("tokenizer.json"))
        || Files.exists(folder.resolve("vocab.json"));
  }

  /**
   * Reads the tokenizer in a model's folder, with at least as many tokens as the model has
   * embeddings.
   */
  public static HuggingFaceTokenizer read(HuggingFaceModel model) throws IOException {
    return read(model.folder(), model.config());
  }

  static HuggingFaceTokenizer read(Path folder, Gpt2Config config) throws IOException {
    BytePairs pairs = readPairs(folder).requireSoundMerges().requireKnownUnknown();
    SpecialTokenFiles special = SpecialTokenFiles.read(folder);
    List<AddedToken> added = AddedTokens.of(pairs, special);
    TokenTable table = table(config.vocabularySize(), pairs, added);
    OptionalInt usual = pairs.numberOf(SpecialTokenFiles.END_OF_TEXT);
    OptionalInt bos = id(special.bos(), config.bosId(), usual, table, config.vocabularySize());
    OptionalInt eos = id(special.eos(), config.eosId(), usual, table, config.vocabularySize());
    return new HuggingFaceTokenizer(
        pairs.file(),
        pairs.ids(),
        pairs.merges(),
        pairs.unknown(),
        pairs.fusesUnknown(),
        added,
        table.texts(),
        table.types(),
        bos,
        eos,
        addsBos(pairs, special, bos, table));
  }

  /** Returns llama.cpp's name for the way a text is split into words first. */
  public String preTokenizer() {
    return "gpt-2";
  }

  private static BytePairs readPairs(Path folder) throws IOException {
    Path composed = folder.resolve("tokenizer.json");
    if (Files.exists(composed)) {
      return TokenizerJson.read(composed);
    }
    if (!Files.exists(folder.resolve("vocab.json"))) {
      throw FormatException.mismatch(
          folder, "tokenizer", "tokenizer.json, or vocab.json and merges.txt", "neither");
    }
    SpecialTokenFiles.requireGpt2Class(folder);
    return VocabularyFiles.read(folder);
  }

  private static TokenTable table(int size, BytePairs pairs, List<AddedToken> added)
      throws FormatException {
    TokenTable table = new TokenTable(size);
    for (Map.Entry<String, Integer> token : pairs.ids().entrySet()) {
      table.put(pairs.file(), token.getKey(), token.getValue(), TokenType.NORMAL);
    }
    for (AddedToken token : added) {
      table.add(pairs.file(), token.text(), token.id(), type(token));
    }
    table.fillGaps();
    return table;
  }

  private static TokenType type(AddedToken token) {
    return token.special() ? TokenType.CONTROL : TokenType.USER_DEFINED;
  }

  /**
   * Looks for a token by the name in the tokenizer's files, then the number in the model's.
   *
   * <p>A number that no token has is a forgotten default: small models often keep GPT-2's 50256. A
   * token without a row in the embedding is none that a model can run.
   */
  private static OptionalInt id(
      Optional<String> name, OptionalInt number, OptionalInt usual, TokenTable table, int rows) {
    OptionalInt named = name.map(table::find).orElse(OptionalInt.empty());
    return Stream.of(named, number, usual)
        .flatMapToInt(OptionalInt::stream)
        .filter(id -> id >= 0 && id < rows)
        .findFirst();
  }

  private static boolean addsBos(
      BytePairs pairs, SpecialTokenFiles special, OptionalInt bos, TokenTable table)
      throws FormatException {
    if (pairs.prepended().isPresent() && !table.find(pairs.prepended().get()).equals(bos)) {
      throw FormatException.mismatch(
          pairs.file(),
          "post_processor",
          "no token before a text but BOS",
          "\"" + pairs.prepended().get() + "\"");
    }
    return bos.isPresent() && (special.addsBos() || pairs.prepended().isPresent());
  }
}
