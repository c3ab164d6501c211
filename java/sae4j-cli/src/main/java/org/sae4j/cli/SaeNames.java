package org.sae4j.cli;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Short names for paths: of each as many of its last parts as tell it from the others. */
final class SaeNames {
  private SaeNames() {}

  /** The names, in the order of the paths; what has one path has one name and a number. */
  static List<String> of(List<String> paths) {
    List<String[]> parts = paths.stream().map(path -> path.split("[/\\\\]+")).toList();
    String[] names = new String[paths.size()];
    int longest = parts.stream().mapToInt(each -> each.length).max().orElse(0);
    for (int depth = 1; depth <= longest; depth++) {
      int used = depth;
      List<String> ends = parts.stream().map(each -> end(each, used)).toList();
      Map<String, Long> pathsOf = distinctPaths(ends, paths);
      for (int i = 0; i < names.length; i++) {
        if (names[i] == null && pathsOf.get(ends.get(i)) == 1) {
          names[i] = ends.get(i);
        }
      }
    }
    for (int i = 0; i < names.length; i++) {
      names[i] = names[i] == null ? paths.get(i) : names[i];
    }
    return numbered(names);
  }

  private static String end(String[] parts, int depth) {
    return Arrays.stream(parts)
        .skip(Math.max(0, parts.length - depth))
        .collect(Collectors.joining("/"));
  }

  private static Map<String, Long> distinctPaths(List<String> ends, List<String> paths) {
    Map<String, String> endOf = new HashMap<>();
    IntStream.range(0, paths.size()).forEach(i -> endOf.put(paths.get(i), ends.get(i)));
    return endOf.values().stream()
        .collect(Collectors.groupingBy(Function.identity(), Collectors.counting()));
  }

  private static List<String> numbered(String[] names) {
    Map<String, Integer> seen = new HashMap<>();
    return Arrays.stream(names)
        .map(
            name -> {
              int count = seen.merge(name, 1, Integer::sum);
              return count == 1 ? name : name + " (" + count + ")";
            })
        .toList();
  }
}
