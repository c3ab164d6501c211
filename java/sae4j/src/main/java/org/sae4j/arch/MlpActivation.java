package org.sae4j.arch;

/** What a block's MLP does with each number x of its hidden layer. */
public enum MlpActivation {
  /** GPT-2's own, GELU by tanh: {@code x/2 · (1 + tanh(√(2/π) · (x + 0.044715 x³)))}. */
  GELU,
  /** The exact GELU: x times the normal distribution's share below x. */
  GELU_ERF,
  /** {@code x · σ(1.702 x)}. */
  QUICK_GELU,
  /** {@code x · σ(x)}, which is also called swish. */
  SILU,
  /** x, or 0 if that is more. */
  RELU,
  /** The hyperbolic tangent. */
  TANH
}
