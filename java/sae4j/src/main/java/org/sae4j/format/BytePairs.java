package org.sae4j.format;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.sae4j.FormatException;

/**
 * A byte-level BPE vocabulary as its files say it, not yet checked against itself.
 *
 * @param file where the tokens stand
 * @param ids each token's text in GPT-2's byte alphabet, and its number
 * @param mergesFile where the merges stand
 * @param merges what to join, first things first: two tokens and a space between them
 * @param added tokens beyond the merges; some may stand in {@code ids} too
 * @param prepended the token that the tokenizer puts before every text, if any
 */
record BytePairs(
    Path file,
    Map<String, Integer> ids,
    Path mergesFile,
    List<String> merges,
    List<AddedToken> added,
    Optional<String> prepended) {
  BytePairs {
    ids = Map.copyOf(ids);
    merges = List.copyOf(merges);
    added = List.copyOf(added);
  }

  /** Reads the numbers of a vocabulary that is written as one object. */
  static Map<String, Integer> readIds(JsonSettings vocabulary) throws FormatException {
    Map<String, Integer> ids = new HashMap<>();
    for (String token : vocabulary.object().keySet()) {
      ids.put(token, vocabulary.integer(token));
    }
    return ids;
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
    if (!token.codePoints().allMatch(BytePairs::standsForByte)) {
      throw unsound(merge, "letters of GPT-2's byte alphabet", "\"" + token + "\"");
    }
  }

  private FormatException unsound(String merge, String expected, String found) {
    return FormatException.mismatch(mergesFile, "merge \"" + merge + "\"", expected, found);
  }

  /**
   * Tells whether GPT-2 writes one of the 256 bytes as this letter.
   *
   * <p>Bytes that are printable in Latin-1 stand for themselves; the other 68 were given the
   * letters from U+0100 on.
   */
  private static boolean standsForByte(int letter) {
    return (letter >= '!' && letter <= '~')
        || (letter >= 0xa1 && letter <= 0xac)
        || (letter >= 0xae && letter < 0x100 + 68);
  }
}
