package org.sae4j.cli;

import java.util.Locale;
import org.sae4j.Precision;

/** How the command line spells a precision. */
final class PrecisionName {
  private PrecisionName() {}

  static String of(Precision precision) {
    return precision.name().toLowerCase(Locale.ROOT);
  }
}
