package org.sae4j.cli.options;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads a path, and says what to do if the locale cannot spell it. */
public final class PathConverter implements ITypeConverter<Path> {
  /** What Java puts in place of bytes that are no letters in the locale's encoding. */
  private static final String NO_LETTER = "\ufffd";

  @Override
  public Path convert(String value) {
    try {
      return Path.of(value);
    } catch (InvalidPathException e) {
      throw new TypeConversionException(problem(e));
    }
  }

  /** Says why something is no path. */
  static String problem(InvalidPathException e) {
    String value = e.getInput();
    return value.contains(NO_LETTER)
        ? "this locale's encoding, %s, lacks letters of %s: set LC_ALL=C.UTF-8"
            .formatted(System.getProperty("sun.jnu.encoding"), value)
        : "expected a path, found '" + value + "': " + e.getReason();
  }
}
