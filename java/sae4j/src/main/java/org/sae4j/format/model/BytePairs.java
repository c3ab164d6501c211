package org.sae4j.format.model;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.sae4j.format.FormatException;
import org.sae4j.format.container.JsonFields;

/**
 * A byte-level BPE vocabulary as its files say it, not yet checked against itself.
 *
 * @param file where the tokens stand
 * @param ids each token's text in GPT-2's byte alphabet, and its number
 * @param mergesFile where the merges stand
 * @param merges what to join, first things first: two tokens and a space between them
 * @param unknown the token for a byte that no token stands for, if any; without it such bytes are
 *     left out
 * @param fusesUnknown whether several such bytes in a row give one token
 * @param added tokens beyond the merges; some may stand in {@code ids} too
 * @param prepended the token that the tokenizer puts before every text, if any
 */
record BytePairs(
    Path file,
    Map<String, Integer> ids,
    Path mergesFile,
    List<String> merges,
    Optional<String> unknown,
    boolean fusesUnknown,
    List<AddedToken> added,
    Optional<String> prepended) {
  BytePairs {
    ids = Map.copyOf(ids);
    merges = List.copyOf(merges);
    added = List.copyOf(added);
  }

  /** Reads the numbers of a vocabulary that is written as one object. */
  static Map<String, Integer> readIds(JsonFields vocabulary) throws FormatException {
    Map<String, Integer> ids = new HashMap<>();
    for (String token : vocabulary.keys()) {
      ids.put(token, vocabulary.requireInteger(token, Integer.MIN_VALUE));
    }
    return ids;
  }

  /** Looks for a token. */
  OptionalInt numberOf(String text) {
    return ids.containsKey(text)
        ? OptionalInt.of(ids.get(text))
        : added.stream()
            .filter(token -> token.text().equals(text))
            .mapToInt(AddedToken::id)
            .findFirst();
  }

  /** Returns these if the token for unknown bytes is one of them, or there are no such bytes. */
  BytePairs requireKnownUnknown() throws FormatException {
    if (unknown.isPresent()
        && !ids.containsKey(unknown.get())
        && !ByteAlphabet.isWhole(ids.keySet())) {
      throw FormatException.mismatch(
          file,
          "unk_token",
          "a token of the vocabulary, which lacks some bytes",
          "\"" + unknown.get() + "\"");
    }
    return this;
  }

  /** Returns these if every merge joins two known tokens into a third, else says which does not. */
  BytePairs requireSoundMerges() throws FormatException {
    Set<String> seen = new HashSet<>();
    for (String merge : merges) {
      String[] pair = merge.split(" ", -1);
      if (pair.length != 2) {
        throw unsound(merge, "two tokens with a space between them", pair.length + " parts");
      }
      requireKnown(merge, pair[0]);
      requireKnown(merge, pair[1]);
      requireKnown(merge, pair[0] + pair[1]);
      if (!seen.add(merge)) {
        throw unsound(merge, "it once", "it twice"); // programs differ in which one counts
      }
    }
    return this;
  }

  private void requireKnown(String merge, String token) throws FormatException {
    if (!ids.containsKey(token)) {
      throw unsound(merge, "tokens of " + file.getFileName(), "\"" + token + "\"");
    }
    if (!token.codePoints().allMatch(ByteAlphabet::standsForByte)) {
      throw unsound(merge, "letters of GPT-2's byte alphabet", "\"" + token + "\"");
    }
  }

  private FormatException unsound(String merge, String expected, String found) {
    return FormatException.mismatch(mergesFile, "merge \"" + merge + "\"", expected, found);
  }
}
