/**
 * GPT-2 on the CPU, sparse autoencoders in its residual stream, and what they do to its
 * predictions. Start with {@link org.sae4j.Model}, {@link org.sae4j.Sae} and {@link
 * org.sae4j.eval.Evaluation}.
 */
module org.sae4j {
  requires ai.djl.tokenizers;
  requires com.google.gson;
  requires org.bytedeco.javacpp;
  requires org.sae4j.engine;

  exports org.sae4j;
  exports org.sae4j.ablation;
  exports org.sae4j.arch;
  exports org.sae4j.check;
  exports org.sae4j.eval;
  exports org.sae4j.format;
  exports org.sae4j.format.container to
      org.sae4j.corpus,
      org.sae4j.results,
      org.sae4j.cli;
  exports org.sae4j.format.model to
      org.sae4j.results,
      org.sae4j.cli;
  exports org.sae4j.format.sae to
      org.sae4j.results,
      org.sae4j.cli;
  exports org.sae4j.latents;
  exports org.sae4j.pass;
  exports org.sae4j.stats;
  exports org.sae4j.tokens;
}
