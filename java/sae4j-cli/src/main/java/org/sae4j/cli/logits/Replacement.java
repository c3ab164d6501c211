package org.sae4j.cli.logits;

import org.sae4j.cli.options.NameConverter;

/** What {@code logits} puts in place of an activation. */
enum Replacement {
  /** Nothing: the model runs as it is. */
  NONE,
  /** The SAE's reconstruction. */
  SAE,
  /** Zero. */
  ZERO,
  /** The mean over the counted tokens of this very input. */
  MEAN;

  /** Reads one by its name. */
  static final class Converter extends NameConverter<Replacement> {
    Converter() {
      super(Replacement.class);
    }
  }
}
