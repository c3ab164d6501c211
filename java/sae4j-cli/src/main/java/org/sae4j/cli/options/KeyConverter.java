package org.sae4j.cli.options;

import java.util.Iterator;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads one of a few keys, and lists them for the help. */
abstract class KeyConverter<T> implements ITypeConverter<T>, Iterable<String> {
  private final List<T> values;
  private final Function<T, String> key;

  KeyConverter(T[] values, Function<T, String> key) {
    this.values = List.of(values);
    this.key = key;
  }

  @Override
  public T convert(String text) {
    return values.stream()
        .filter(value -> key.apply(value).equalsIgnoreCase(text))
        .findFirst()
        .orElseThrow(
            () ->
                new TypeConversionException(
                    "expected one of "
                        + keys().collect(Collectors.joining(", "))
                        + ", found '"
                        + text
                        + "'"));
  }

  @Override
  public Iterator<String> iterator() {
    return keys().iterator();
  }

  private Stream<String> keys() {
    return values.stream().map(key);
  }
}
