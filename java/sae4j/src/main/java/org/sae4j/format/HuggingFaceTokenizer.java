package org.sae4j.format;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.sae4j.FormatException;

/**
 * GPT-2's byte-level BPE tokenizer, from a Hugging Face folder.
 *
 * <p>It comes from {@code tokenizer.json}, or else from {@code vocab.json} and {@code merges.txt}.
 * A tokenizer that works otherwise than GPT-2's is refused.
 *
 * @param tokens the text of each token by its number, in GPT-2's byte alphabet; rows of the
 *     embedding that no token uses are named {@code [PADn]}
 * @param types what kind of token each is
 * @param merges what to join, first things first: two tokens and a space between them
 * @param bosId the token that begins a text, if there is one
 * @param eosId the token that ends a text, if there is one
 * @param addsBos whether the tokenizer puts the BOS token before every text by itself
 */
public record HuggingFaceTokenizer(
    List<String> tokens,
    List<TokenType> types,
    List<String> merges,
    OptionalInt bosId,
    OptionalInt eosId,
    boolean addsBos) {

  private static final Set<String> GPT2_CLASSES = Set.of("GPT2Tokenizer", "GPT2TokenizerFast");

  /** Tokens that some files forget to call special. */
  private static final Set<String> ALWAYS_SPECIAL = Set.of("<pad>", "<mask>");

  public HuggingFaceTokenizer {
    tokens = List.copyOf(tokens);
    types = List.copyOf(types);
    merges = List.copyOf(merges);
    if (tokens.size() != types.size()) {
      throw new IllegalArgumentException(tokens.size() + " tokens with " + types.size() + " types");
    }
  }

  /** Reads the tokenizer in a model's folder, with as many tokens as the model has embeddings. */
  public static HuggingFaceTokenizer read(HuggingFaceModel model) throws IOException {
    return read(model.folder(), model.config());
  }

  static HuggingFaceTokenizer read(Path folder, Gpt2Config config) throws IOException {
    SpecialTokens special = SpecialTokens.read(folder);
    BytePairs pairs = readPairs(folder, special).requireSoundMerges();
    TokenTable table = table(config.vocabularySize(), pairs, special);
    OptionalInt bos = id(special.bos(), config.bosId(), table);
    OptionalInt eos = id(special.eos(), config.eosId(), table);
    boolean addsBos = addsBos(pairs, special, bos, table);
    return new HuggingFaceTokenizer(
        table.texts(), table.types(), pairs.merges(), bos, eos, addsBos);
  }

  /** Returns llama.cpp's name for the way a text is split into words first. */
  public String preTokenizer() {
    return "gpt-2";
  }

  private static BytePairs readPairs(Path folder, SpecialTokens special) throws IOException {
    Path composed = folder.resolve("tokenizer.json");
    if (Files.exists(composed)) {
      return TokenizerJson.read(composed);
    }
    if (!Files.exists(folder.resolve("vocab.json"))) {
      throw FormatException.mismatch(
          folder, "tokenizer", "tokenizer.json, or vocab.json and merges.txt", "neither");
    }
    String kind = special.tokenizerClass().orElse("GPT2Tokenizer");
    if (!GPT2_CLASSES.contains(kind)) {
      throw FormatException.mismatch(folder, "tokenizer_class", "GPT2Tokenizer", kind);
    }
    return VocabularyFiles.read(folder);
  }

  private static TokenTable table(int size, BytePairs pairs, SpecialTokens special)
      throws FormatException {
    TokenTable table = new TokenTable(size);
    for (Map.Entry<String, Integer> token : pairs.ids().entrySet()) {
      boolean named = special.all().contains(token.getKey());
      TokenType type = named ? TokenType.CONTROL : TokenType.NORMAL;
      table.put(pairs.file(), token.getKey(), token.getValue(), type);
    }
    List<AddedToken> added = new ArrayList<>(pairs.added());
    added.addAll(special.added());
    for (AddedToken token : added) {
      table.put(pairs.file(), token.text(), token.id(), type(token, special));
    }
    table.fillGaps();
    return table;
  }

  private static TokenType type(AddedToken token, SpecialTokens special) {
    String text = token.text();
    boolean control =
        token.special()
            || special.all().contains(text)
            || ALWAYS_SPECIAL.contains(text)
            || (text.startsWith("<|") && text.endsWith("|>"));
    return control ? TokenType.CONTROL : TokenType.USER_DEFINED;
  }

  /**
   * Looks for a token by the name in the tokenizer's files, then the number in the model's.
   *
   * <p>A number that no token has is a forgotten default: small models often keep GPT-2's 50256.
   */
  private static OptionalInt id(Optional<String> name, OptionalInt number, TokenTable table) {
    OptionalInt named = name.map(table::find).orElse(OptionalInt.empty());
    if (named.isPresent()) {
      return named;
    }
    if (number.isPresent() && number.getAsInt() >= 0 && number.getAsInt() < table.size()) {
      return number;
    }
    return table.find(SpecialTokens.END_OF_TEXT);
  }

  private static boolean addsBos(
      BytePairs pairs, SpecialTokens special, OptionalInt bos, TokenTable table)
      throws FormatException {
    if (pairs.prepended().isPresent() && !table.find(pairs.prepended().get()).equals(bos)) {
      throw FormatException.mismatch(
          pairs.file(),
          "post_processor",
          "no token before a text but BOS",
          "\"" + pairs.prepended().get() + "\"");
    }
    boolean adds = special.addsBos() || pairs.prepended().isPresent();
    if (adds && bos.isEmpty()) {
      throw FormatException.mismatch(pairs.file(), "add_bos_token", "a BOS token", "none");
    }
    return adds;
  }
}
