package org.sae4j.cli.options;

import java.util.Locale;
import picocli.CommandLine;

/** Reads the name of an enum's value in lower case. */
public class NameConverter<E extends Enum<E>> extends KeyConverter<E> {
  protected NameConverter(Class<E> type) {
    super(type.getEnumConstants(), value -> value.name().toLowerCase(Locale.ROOT));
  }

  /** Has a command read all options of a type so. */
  public static <E extends Enum<E>> void register(CommandLine command, Class<E> type) {
    command.registerConverter(type, new NameConverter<>(type));
  }
}
