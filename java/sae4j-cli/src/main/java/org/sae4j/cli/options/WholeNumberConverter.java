package org.sae4j.cli.options;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads a whole number within a range. */
abstract class WholeNumberConverter implements ITypeConverter<Integer> {
  private final int least;
  private final int most;

  WholeNumberConverter(int least, int most) {
    this.least = least;
    this.most = most;
  }

  @Override
  public Integer convert(String text) {
    try {
      int number = Integer.parseInt(text);
      if (number >= least && number <= most) {
        return number;
      }
    } catch (NumberFormatException e) {
      // said below
    }
    throw new TypeConversionException(
        "expected a whole number from %d to %d, found '%s'".formatted(least, most, text));
  }
}
