/**
 * GPT-2 on the CPU, sparse autoencoders in its residual stream, and what they do to its
 * predictions. Start with {@link org.sae4j.Model}, {@link org.sae4j.Sae} and {@link
 * org.sae4j.Evaluation}.
 */
module org.sae4j {
  requires ai.djl.tokenizers;
  requires com.google.gson;
  requires org.bytedeco.javacpp;
  requires org.sae4j.engine;

  exports org.sae4j;
  exports org.sae4j.format;
}
