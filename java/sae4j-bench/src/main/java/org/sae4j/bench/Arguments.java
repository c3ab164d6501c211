package org.sae4j.bench;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** {@code --name value} pairs. */
record Arguments(Map<String, String> values) {

  /** Ends the program with a word about its arguments if there is another one. */
  static Arguments parse(String[] args, String... known) {
    Map<String, String> values = new HashMap<>();
    for (int i = 0; i < args.length; i += 2) {
      if (!List.of(known).contains(args[i]) || i + 1 == args.length) {
        System.err.println("arguments: " + String.join(" VALUE, ", known) + " VALUE");
        System.exit(2);
      }
      values.put(args[i], args[i + 1]);
    }
    return new Arguments(values);
  }

  Optional<String> text(String name) {
    return Optional.ofNullable(values.get(name));
  }

  int number(String name, int otherwise) {
    return text(name).map(Integer::parseInt).orElse(otherwise);
  }
}
