package org.sae4j.arch;

/** Which of two values a configuration means by {@code hook_normalized} of a layer norm. */
public enum HookNormalized {
  /**
   * Before the norm's weight and bias, at sae4j's {@code hook_standardized}: TransformerLens 3, and
   * earlier versions that have folded the norms.
   */
  BEFORE("before"),
  /** After them: TransformerLens 1 and 2 on norms that are not folded. */
  AFTER("after");

  private final String key;

  HookNormalized(String key) {
    this.key = key;
  }

  /** The name on the command line. */
  public String key() {
    return key;
  }
}
