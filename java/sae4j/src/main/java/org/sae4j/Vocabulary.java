package org.sae4j;

import java.util.OptionalInt;

/** What a {@link Tokenizer} knows: its tokens, and how a text is split into them. */
interface Vocabulary extends AutoCloseable, TextTokens.Joints {
  /** The number of tokens. */
  int size();

  OptionalInt bos();

  OptionalInt eos();

  /** Encodes text in UTF-8 that is not empty. */
  int[] encode(byte[] utf8, SpecialTokens special);

  /** Decodes at least one token, each below {@link #size}. */
  byte[] decode(int... tokens);

  /** The length in characters of the longest added token that is looked for in a text. */
  int longestToken();

  /** Frees what only this vocabulary uses. */
  @Override
  void close();
}
