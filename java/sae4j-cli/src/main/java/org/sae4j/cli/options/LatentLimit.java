package org.sae4j.cli.options;

import java.util.OptionalInt;
import picocli.CommandLine.ITypeConverter;

/**
 * How many latents at most.
 *
 * @param most so many at most; empty: all
 */
public record LatentLimit(OptionalInt most) {
  private static final String ALL = "all";

  /** Reads {@code all} or a number. */
  public static final class Converter implements ITypeConverter<LatentLimit> {
    @Override
    public LatentLimit convert(String text) {
      return new LatentLimit(
          text.equals(ALL)
              ? OptionalInt.empty()
              : OptionalInt.of(new CountConverter().convert(text)));
    }
  }

  @Override
  public String toString() {
    return most.isPresent() ? String.valueOf(most.getAsInt()) : ALL;
  }
}
