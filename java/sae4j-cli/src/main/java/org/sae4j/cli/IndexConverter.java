package org.sae4j.cli;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads a whole number of at least zero. */
final class IndexConverter implements ITypeConverter<Integer> {
  @Override
  public Integer convert(String text) {
    try {
      int index = Integer.parseInt(text);
      if (index >= 0) {
        return index;
      }
    } catch (NumberFormatException e) {
      // said below
    }
    throw new TypeConversionException(
        "expected a whole number from 0 to " + Integer.MAX_VALUE + ", found '" + text + "'");
  }
}
