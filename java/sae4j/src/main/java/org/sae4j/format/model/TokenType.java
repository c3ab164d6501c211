package org.sae4j.format.model;

/** What a token stands for, in the words of GGUF vocabularies. */
public enum TokenType {
  /** A piece of text in GPT-2's byte alphabet. */
  NORMAL(1),
  /** A mark such as the end of a text, which no text contains. */
  CONTROL(3),
  /** Plain text that is one token wherever it occurs. */
  USER_DEFINED(4),
  /** A row of the embedding without a token. */
  UNUSED(5);

  private final int code;

  TokenType(int code) {
    this.code = code;
  }

  /** Returns the number that stands for this type in a GGUF file. */
  int code() {
    return code;
  }
}
