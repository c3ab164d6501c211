package org.sae4j.format.model;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.sae4j.format.FormatException;

/**
 * Puts together the added tokens of a tokenizer's files, and gives each its number as transformers
 * does: that of the vocabulary, or else the next free one, whatever number the files say. Where
 * they say another, the file is refused.
 */
final class AddedTokens {
  /** Far above any, and such that a text need not be kept for longer ones. */
  private static final int LONGEST = 1000;

  /** Tokens that some files forget to call special. */
  private static final Set<String> ALWAYS_SPECIAL = Set.of("<pad>", "<mask>");

  private AddedTokens() {}

  static List<AddedToken> of(BytePairs pairs, SpecialTokenFiles special) throws FormatException {
    Map<String, AddedToken> declared = new LinkedHashMap<>();
    for (AddedToken token : pairs.added()) {
      declared.putIfAbsent(token.text(), token);
    }
    for (AddedToken token : special.declared()) {
      AddedToken known = declared.putIfAbsent(token.text(), token);
      if (known != null && !known.matchesAs(token)) {
        throw FormatException.mismatch(
            special.declaredIn(),
            "token \"" + token.text() + "\"",
            flags(known) + ", as in " + pairs.file().getFileName(),
            flags(token));
      }
    }
    List<AddedToken> inOrder = new ArrayList<>(declared.values());
    inOrder.sort(Comparator.comparingInt(AddedToken::id));
    int withNumber = inOrder.size();
    Map<String, AddedToken> others = new LinkedHashMap<>();
    for (AddedToken token : special.named()) {
      if (!declared.containsKey(token.text())) {
        others.put(
            token.text(), token); // of two roles of a token the last one says how it is found
      }
    }
    inOrder.addAll(others.values());
    Set<String> named = special.named().stream().map(AddedToken::text).collect(Collectors.toSet());
    List<AddedToken> added = new ArrayList<>();
    for (AddedToken token : numbered(pairs, inOrder)) {
      AddedToken said = inOrder.get(added.size());
      if (added.size() < withNumber && said.id() != token.id()) {
        throw FormatException.mismatch(
            pairs.added().contains(said) ? pairs.file() : special.declaredIn(),
            "number of the added token \"" + token.text() + "\"",
            token.id() + ", that of the vocabulary or the next free one",
            said.id());
      }
      boolean mark = token.special() || isMark(token.text()) || named.contains(token.text());
      added.add(mark ? token.asSpecial() : token);
    }
    return added;
  }

  private static List<AddedToken> numbered(BytePairs pairs, List<AddedToken> tokens)
      throws FormatException {
    int next = pairs.ids().size();
    List<AddedToken> numbered = new ArrayList<>();
    for (AddedToken token : tokens) {
      if (token.text().length() > LONGEST) {
        throw FormatException.mismatch(
            pairs.file(),
            "added token",
            "at most " + LONGEST + " characters",
            token.text().length());
      }
      int id = pairs.ids().getOrDefault(token.text(), next);
      next = Math.max(next, id + 1);
      numbered.add(token.withId(id));
    }
    return numbered;
  }

  private static boolean isMark(String text) {
    return ALWAYS_SPECIAL.contains(text) || (text.startsWith("<|") && text.endsWith("|>"));
  }

  private static String flags(AddedToken token) {
    return "single_word %s, lstrip %s, rstrip %s"
        .formatted(token.singleWord(), token.lstrip(), token.rstrip());
  }
}
