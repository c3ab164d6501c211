package org.sae4j.cli.ablate;

import java.io.IOException;
import java.util.List;
import org.sae4j.ablation.AblationEffect;

/** Takes the effects of an ablation as they come. */
interface EffectsOutput extends AutoCloseable {

  /** What an earlier run found that this one goes on. */
  default Iterable<AblationEffect> earlier() {
    return List.of();
  }

  /** Takes an effect as it comes. */
  void add(AblationEffect effect);

  /** Hears that all effects at a token index have come. */
  default void tokenDone() {}

  /** Ends the output with what was found, if only until an interrupt. */
  void write(AblationFindings findings) throws IOException;

  @Override
  default void close() throws IOException {}

  /** Nowhere. */
  static EffectsOutput none() {
    return new EffectsOutput() {
      @Override
      public void add(AblationEffect effect) {}

      @Override
      public void write(AblationFindings findings) {}
    };
  }
}
