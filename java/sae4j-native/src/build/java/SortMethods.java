import static java.util.Comparator.comparing;
import static java.util.Comparator.reverseOrder;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Puts what JavaCPP generated into one order, so that two builds give the same bytes:
 *
 * <pre>java SortMethods.java FOLDER</pre>
 *
 * JavaCPP writes methods and members in the order in which reflection returns them, and HotSpot has
 * them sorted by the addresses of their names. Classes it numbers as it meets them there.
 */
public final class SortMethods {
  private static final Pattern FUNCTION =
      Pattern.compile("JNIEXPORT \\w+ JNICALL .*\\{|static void \\w+_deallocate\\(.*\\{.*");
  private static final Pattern BY_CLASS =
      Pattern.compile("static .* JavaCPP_(classNames|members|offsets)\\[.*");
  private static final String SIZES = "static int JavaCPP_memberOffsetSizes[";
  private static final Pattern CLASS = Pattern.compile("(JavaCPP_\\w+\\(env, )(\\d+)");
  private static final Pattern TABLE = Pattern.compile("static .* JavaCPP_(members|offsets)\\[.*");
  private static final Pattern ROW = Pattern.compile("(.*?\\{ )(.+?)( \\}.*)");
  private static final Pattern BETWEEN_MEMBERS = Pattern.compile(", (?=offsetof|\")");

  private SortMethods() {}

  public static void main(String[] args) throws IOException {
    try (Stream<Path> files = Files.list(Path.of(args[0]))) {
      for (Path file : files.filter(f -> f.toString().endsWith(".cpp")).toList()) {
        Files.write(file, sorted(withSortedClasses(Files.readAllLines(file))));
      }
    }
  }

  /** Numbers the classes by their names, in the tables of them and wherever one is asked for. */
  private static List<String> withSortedClasses(List<String> lines) {
    List<String> out = new ArrayList<>();
    List<Integer> order = List.of();
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i);
      if (BY_CLASS.matcher(line).matches()) {
        List<String> rows = new ArrayList<>();
        while (!lines.get(i).endsWith(" };")) {
          rows.add(lines.get(++i).replaceFirst(",$| };$", ""));
        }
        if (order.isEmpty()) { // the names come first
          order = IntStream.range(0, rows.size()).boxed().sorted(comparing(rows::get)).toList();
        }
        out.add(line);
        out.addAll(List.of(reordered(rows, order, ",\n").split("\n")));
        out.set(out.size() - 1, out.get(out.size() - 1) + " };");
      } else if (line.startsWith(SIZES)) {
        Matcher row = ROW.matcher(line);
        if (!row.matches()) {
          throw new IllegalStateException(line);
        }
        List<String> sizes = List.of(row.group(2).split(", "));
        out.add(row.group(1) + reordered(sizes, order, ", ") + row.group(3));
      } else {
        List<Integer> numbers = order;
        out.add(
            CLASS
                .matcher(line)
                .replaceAll(m -> m.group(1) + numbers.indexOf(Integer.valueOf(m.group(2)))));
      }
    }
    return out;
  }

  private static String reordered(List<String> rows, List<Integer> order, String between) {
    return order.stream().map(rows::get).collect(Collectors.joining(between));
  }

  /** All functions go where the last one is: what stands between them depends on none of them. */
  private static List<String> sorted(List<String> lines) {
    List<String> out = new ArrayList<>();
    TreeMap<String, List<String>> functions = new TreeMap<>(reverseOrder()); // static ones first
    int last = 0;
    boolean inTable = false;
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i);
      if (FUNCTION.matcher(line).matches()) {
        int end = endOfFunction(lines, i);
        functions.put(line, lines.subList(i, end + 1));
        last = out.size();
        i = end;
      } else {
        inTable = TABLE.matcher(line).matches() || inTable && !line.isEmpty();
        out.add(inTable ? withSortedMembers(line) : line);
      }
    }
    out.addAll(last, functions.values().stream().flatMap(List::stream).toList());
    return out;
  }

  private static int endOfFunction(List<String> lines, int start) {
    int depth = 0;
    for (int i = start; ; i++) {
      for (char c : lines.get(i).toCharArray()) {
        depth += c == '{' ? 1 : c == '}' ? -1 : 0;
      }
      if (depth == 0) {
        return i;
      }
    }
  }

  /** A row of a table: the size, then a member or its offset each. */
  private static String withSortedMembers(String line) {
    Matcher row = ROW.matcher(line);
    if (!row.matches()) {
      return line;
    }
    String[] members = BETWEEN_MEMBERS.split(row.group(2));
    return Stream.concat(Stream.of(members[0]), Stream.of(members).skip(1).sorted())
        .collect(Collectors.joining(", ", row.group(1), row.group(3)));
  }
}
