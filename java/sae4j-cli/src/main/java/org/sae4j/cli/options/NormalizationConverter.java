package org.sae4j.cli.options;

import org.sae4j.format.Normalization;

/** Reads the name of a normalisation, as SAELens spells it. */
final class NormalizationConverter extends KeyConverter<Normalization> {
  NormalizationConverter() {
    super(Normalization.values(), Normalization::key);
  }
}
