package org.sae4j;

/** NaN or infinity in weights, activations or results, where a number is needed. */
public final class NotFiniteException extends ArithmeticException {
  private static final long serialVersionUID = 1;

  /** Says where the value is that is not a number. */
  public NotFiniteException(String message) {
    super(message);
  }
}
