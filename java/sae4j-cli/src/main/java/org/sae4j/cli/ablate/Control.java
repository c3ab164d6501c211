package org.sae4j.cli.ablate;

import org.sae4j.cli.options.NameConverter;

/** What {@code ablate} ablates instead of latents. */
enum Control {
  /** Channels of the activation, set to zero. */
  CHANNELS,
  /** Random directions, as long as what the latents decode to. */
  RANDOM;

  /** Reads one by its name. */
  static final class Converter extends NameConverter<Control> {
    Converter() {
      super(Control.class);
    }
  }
}
