package org.sae4j.cli.options;

import java.util.Locale;
import org.sae4j.Precision;

/** How the command line spells a precision. */
public final class PrecisionName {
  private PrecisionName() {}

  public static String of(Precision precision) {
    return precision.name().toLowerCase(Locale.ROOT);
  }
}
