package org.sae4j.cli.options;

import java.util.Locale;
import org.sae4j.Precision;

/** The name of a precision on the command line. */
public final class PrecisionName {
  private PrecisionName() {}

  public static String of(Precision precision) {
    return precision.name().toLowerCase(Locale.ROOT);
  }
}
