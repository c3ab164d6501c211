package org.sae4j.results.report;

import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a document says of one SAE, or of several.
 *
 * <p>Of long parts it keeps only what a page needs.
 */
final class Measured {
  /** Where it is in the document, with a dot at the end. */
  final String path;

  /** All that is short, as it stands. */
  final JsonObject json = new JsonObject();

  /** The effects of what the document is about. */
  EffectTally effects = new EffectTally();

  /** At how many tokens each latent fires. */
  Optional<long[]> fires = Optional.empty();

  /** The channels that latents are compared with. */
  Optional<Measured> channels = Optional.empty();

  /** One of each SAE, if there are several. */
  final List<Measured> saes = new ArrayList<>();

  Measured(String path) {
    this.path = path;
  }

  /** Makes the effects of another its own. */
  void takeEffects(Measured other) {
    effects = other.effects;
    other.channels.ifPresent(theirs -> channels.ifPresent(own -> own.effects = theirs.effects));
  }
}
