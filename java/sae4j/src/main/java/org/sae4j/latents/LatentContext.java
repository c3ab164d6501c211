package org.sae4j.latents;

import java.util.Arrays;
import java.util.Comparator;
import org.sae4j.Tokenizer;

/**
 * A place in a text where a latent is active.
 *
 * @param sequence the index of the sequence, from 0
 * @param position the position of the activating token in its sequence, from 0
 * @param activation the latent's value there, above zero
 * @param tokens the activating token and those around it, all of one sequence; the record's own, do
 *     not write to them
 * @param at the index of the activating one among {@code tokens}
 */
public record LatentContext(long sequence, int position, float activation, int[] tokens, int at) {
  /** The strongest first; of equally strong ones the earliest. */
  static final Comparator<LatentContext> STRONGEST_FIRST =
      Comparator.comparing(LatentContext::activation)
          .reversed()
          .thenComparingLong(LatentContext::sequence)
          .thenComparingInt(LatentContext::position);

  /** What an archive has of a context before its tokens. */
  private static final int PLACE = 4;

  public LatentContext {
    if (at < 0 || at >= tokens.length) {
      throw new IllegalArgumentException("token " + at + " of " + tokens.length);
    }
    tokens = tokens.clone();
  }

  /** Cuts a context out of its sequence. */
  static LatentContext of(long sequence, int position, float activation, int[] tokens, int window) {
    int from = Math.max(0, position - window);
    int to = (int) Math.min(tokens.length, position + window + 1L);
    int[] around = Arrays.copyOfRange(tokens, from, to);
    return new LatentContext(sequence, position, activation, around, position - from);
  }

  /** Takes a context from its numbers. */
  static LatentContext of(long[] numbers) {
    if (numbers.length < PLACE) {
      throw new IllegalArgumentException("a context of " + numbers.length + " numbers");
    }
    return new LatentContext(
        numbers[0],
        Math.toIntExact(numbers[1]),
        Float.intBitsToFloat(Math.toIntExact(numbers[2])),
        Arrays.stream(numbers).skip(PLACE).mapToInt(Math::toIntExact).toArray(),
        Math.toIntExact(numbers[3]));
  }

  /** The context as numbers. */
  long[] numbers() {
    long[] numbers = new long[PLACE + tokens.length];
    numbers[0] = sequence;
    numbers[1] = position;
    numbers[2] = Float.floatToRawIntBits(activation);
    numbers[3] = at;
    for (int i = 0; i < tokens.length; i++) {
      numbers[PLACE + i] = tokens[i];
    }
    return numbers;
  }

  /** The activating token. */
  public int token() {
    return tokens[at];
  }

  /** What the tokens spell, for people. */
  public ContextText text(Tokenizer tokenizer) {
    return ContextText.of(tokenizer, this);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof LatentContext that
        && sequence == that.sequence
        && position == that.position
        && activation == that.activation
        && at == that.at
        && Arrays.equals(tokens, that.tokens);
  }

  @Override
  public int hashCode() {
    return 31 * Long.hashCode(sequence) + position;
  }

  @Override
  public String toString() {
    return "%s at position %d of sequence %d".formatted(activation, position, sequence);
  }
}
