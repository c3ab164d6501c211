package org.sae4j.cli;

import java.util.Arrays;
import java.util.Iterator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.sae4j.Normalization;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads the name of a normalisation, as SAELens spells it. */
final class NormalizationConverter implements ITypeConverter<Normalization>, Iterable<String> {
  @Override
  public Normalization convert(String key) {
    return Arrays.stream(Normalization.values())
        .filter(normalization -> normalization.key().equals(key))
        .findFirst()
        .orElseThrow(
            () ->
                new TypeConversionException(
                    "expected one of "
                        + keys().collect(Collectors.joining(", "))
                        + ", found '"
                        + key
                        + "'"));
  }

  @Override
  public Iterator<String> iterator() {
    return keys().iterator();
  }

  private static Stream<String> keys() {
    return Arrays.stream(Normalization.values()).map(Normalization::key);
  }
}
