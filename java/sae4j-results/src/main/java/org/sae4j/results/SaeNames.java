package org.sae4j.results;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Gives paths short names that tell them apart. */
public final class SaeNames {
  private SaeNames() {}

  /**
   * What an SAE among several is called: by its place on the command line, or in a report the order
   * in which documents name them.
   *
   * @param index its place, from 0
   */
  public static String number(int index) {
    return "#" + place(index);
  }

  /** The same without its sign. */
  public static int place(int index) {
    return index + 1;
  }

  /** The names, in the order of the paths; what has one path has one name and a number. */
  public static List<String> of(List<String> paths) {
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

  /**
   * Names of at most so many letters: of long ones the end, or else a part that tells them apart.
   *
   * <p>An ellipsis is where something was. If no such part does, all names stay as they are.
   */
  public static List<String> shortened(List<String> names, int letters) {
    int longest = names.stream().mapToInt(String::length).max().orElse(0);
    List<List<String>> found =
        IntStream.rangeClosed(0, Math.max(0, longest - letters + 1))
            .mapToObj(behind -> names.stream().map(name -> part(name, behind, letters)).toList())
            .filter(parts -> Set.copyOf(parts).size() == names.size())
            .toList();
    if (found.isEmpty()) {
      return names;
    }
    List<String> ends = names.stream().map(name -> part(name, 0, letters)).toList();
    return found.contains(ends) ? ends : found.get(found.size() / 2);
  }

  /** So many letters of a long name, without the last ones. */
  private static String part(String name, int behind, int letters) {
    if (name.length() <= letters) {
      return name;
    }
    int end = behind == 0 ? name.length() : Math.max(name.length() - behind, letters - 1);
    String tail = behind == 0 ? "" : "…";
    int begin = end + 1 + tail.length() - letters;
    return begin <= 1 ? name.substring(0, end) + tail : "…" + name.substring(begin, end) + tail;
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
