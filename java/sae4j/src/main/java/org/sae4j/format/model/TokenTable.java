package org.sae4j.format.model;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.sae4j.format.FormatException;

/**
 * The rows of a token embedding, each of which gets one token of its own, and the added tokens that
 * have no row.
 *
 * <p>llama.cpp aborts the process over two tokens that look the same to it, so this is where they
 * end.
 */
final class TokenTable {
  private final List<String> texts;
  private final List<TokenType> types;
  private final Map<String, Integer> ids = new HashMap<>();

  TokenTable(int size) {
    texts = new ArrayList<>(Collections.nCopies(size, ""));
    types = new ArrayList<>(Collections.nCopies(size, TokenType.UNUSED));
  }

  /** Puts an added token, which may be one of the vocabulary. */
  void add(Path file, String text, int id, TokenType type) throws FormatException {
    while (texts.size() <= id) {
      texts.add("");
      types.add(TokenType.UNUSED);
    }
    put(file, text, id, type);
  }

  /** Puts a token, or says again what type it is. */
  void put(Path file, String text, int id, TokenType type) throws FormatException {
    requireText(file, text);
    String part = "token \"" + text + "\"";
    if (id < 0 || id >= texts.size()) {
      throw FormatException.mismatch(file, part, "a number below vocab_size = " + texts.size(), id);
    }
    if (ids.getOrDefault(text, id) != id) {
      throw FormatException.mismatch(file, part, "one number", ids.get(text) + " and " + id);
    }
    if (types.get(id) != TokenType.UNUSED && !texts.get(id).equals(text)) {
      throw FormatException.mismatch(
          file, "number " + id, "one token", "\"" + texts.get(id) + "\" and \"" + text + "\"");
    }
    texts.set(id, text);
    types.set(id, type);
    ids.put(text, id);
  }

  OptionalInt find(String text) {
    return ids.containsKey(text) ? OptionalInt.of(ids.get(text)) : OptionalInt.empty();
  }

  int size() {
    return texts.size();
  }

  /** Gives every row without a token a name that no token has. */
  void fillGaps() {
    for (int id = 0; id < texts.size(); id++) {
      if (types.get(id) == TokenType.UNUSED) {
        String name = "[PAD" + id + "]";
        while (ids.putIfAbsent(name, id) != null) {
          name = "[" + name + "]";
        }
        texts.set(id, name);
      }
    }
  }

  List<String> texts() {
    return List.copyOf(texts);
  }

  List<TokenType> types() {
    return List.copyOf(types);
  }

  /** Refuses texts that would change on their way through llama.cpp's zero-terminated UTF-8. */
  private static void requireText(Path file, String text) throws FormatException {
    if (text.isEmpty()
        || text.indexOf('\0') >= 0
        || !StandardCharsets.UTF_8.newEncoder().canEncode(text)) {
      throw FormatException.mismatch(
          file, "vocabulary", "tokens of Unicode text", "\"" + text + "\"");
    }
  }
}
