package org.sae4j.ablation;

/** What can be ablated at one token: the base activation, and each variant of it. */
sealed interface Ablatable permits AblatedLatents, AblatedDirections, AblatedChannels {

  /** The activation of the base run, [width]. */
  float[] base();

  /** The number of things to ablate. */
  int count();

  /** The latent, or channel, that is ablated as the i-th. */
  int ablated(int i);

  /** What it was before. */
  double activation(int i);

  /** The activations with each of some things ablated, [to - from, width]. */
  float[] values(int from, int to);
}
