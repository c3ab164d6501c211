package org.sae4j.arch;

import java.util.Objects;

/**
 * The sizes of a GPT-2 model, and in which arithmetic it differs from others of its kind.
 *
 * @param layers the number of blocks
 * @param heads the attention heads of a block
 * @param embedding the width of the residual stream, a multiple of {@code heads}
 * @param feedForward the width inside a block's MLP
 * @param context the length of the longest sequence, in tokens
 * @param vocabulary the number of token ids, those that only pad the table included
 * @param tied whether the unembedding is the embedding
 * @param layerNormEpsilon what layer norms add to the variance
 * @param activation what the MLPs do with their hidden layer
 * @param attentionScale what attention multiplies its scores with
 * @param attentionScaleByLayer whether block L also divides its scores by L + 1
 */
public record ModelShape(
    int layers,
    int heads,
    int embedding,
    int feedForward,
    int context,
    int vocabulary,
    boolean tied,
    float layerNormEpsilon,
    MlpActivation activation,
    float attentionScale,
    boolean attentionScaleByLayer) {

  public ModelShape {
    Objects.requireNonNull(activation, "activation");
    requirePositive(layers, "layers");
    requirePositive(heads, "heads");
    requirePositive(embedding, "embedding");
    requirePositive(feedForward, "feedForward");
    requirePositive(context, "context");
    requirePositive(vocabulary, "vocabulary");
    if (embedding % heads != 0) {
      throw new IllegalArgumentException(
          "embedding " + embedding + " is not a multiple of heads " + heads);
    }
    if (!(layerNormEpsilon > 0 && Float.isFinite(layerNormEpsilon))) {
      throw new IllegalArgumentException("layerNormEpsilon must be above 0: " + layerNormEpsilon);
    }
    if (!(attentionScale > 0 && Float.isFinite(attentionScale))) {
      throw new IllegalArgumentException("attentionScale must be above 0: " + attentionScale);
    }
  }

  /** Sizes of a model that computes as OpenAI's do: GELU, and scores divided by √(head width). */
  public ModelShape(
      int layers,
      int heads,
      int embedding,
      int feedForward,
      int context,
      int vocabulary,
      boolean tied,
      float layerNormEpsilon) {
    this(
        layers,
        heads,
        embedding,
        feedForward,
        context,
        vocabulary,
        tied,
        layerNormEpsilon,
        MlpActivation.GELU,
        usualScale(embedding, heads),
        false);
  }

  /** One over the square root of a head's width. */
  public static float usualScale(int embedding, int heads) {
    return 1 / (float) Math.sqrt(embedding / Math.max(1, heads));
  }

  private static void requirePositive(int size, String name) {
    if (size < 1) {
      throw new IllegalArgumentException(name + " must be at least 1, not " + size);
    }
  }

  /** Counts the weights of a model of this shape. */
  public long parameters() {
    long d = embedding;
    long ff = feedForward;
    long attention = 4 * d * d + 4 * d;
    long mlp = 2 * d * ff + ff + d;
    long norms = 4 * d;
    long embeddings = (vocabulary + (long) context) * d;
    long head = tied ? 0 : vocabulary * d;
    return layers * (attention + mlp + norms) + embeddings + 2 * d + head;
  }
}
