package org.sae4j;

/** What a tokenizer makes of text that spells a special token, such as {@code <|endoftext|>}. */
public enum SpecialTokens {
  /** It is text like any other, and its pieces become ordinary tokens. */
  AS_TEXT,
  /** It becomes that token, as Hugging Face's tokenizers have it. */
  PARSED
}
