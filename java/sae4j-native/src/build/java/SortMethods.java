import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Puts what JavaCPP generated into one order, so that two builds give the same bytes:
 *
 * <pre>java SortMethods.java FOLDER</pre>
 *
 * JavaCPP writes methods and members in the order in which reflection returns them, and HotSpot has
 * them sorted by the addresses of their names.
 */
public final class SortMethods {
  private static final String FUNCTION = "JNIEXPORT ";
  private static final Pattern TABLE = Pattern.compile("static .* JavaCPP_(members|offsets)\\[.*");
  private static final Pattern ROW = Pattern.compile("(\\s*\\{ )(.+?)( \\}.*)");
  private static final Pattern BETWEEN_MEMBERS = Pattern.compile(", (?=offsetof|\")");

  private SortMethods() {}

  public static void main(String[] args) throws IOException {
    try (Stream<Path> files = Files.list(Path.of(args[0]))) {
      for (Path file : files.filter(f -> f.toString().endsWith(".cpp")).toList()) {
        Files.write(file, sorted(Files.readAllLines(file)));
      }
    }
  }

  private static List<String> sorted(List<String> lines) {
    List<String> out = new ArrayList<>();
    TreeMap<String, List<String>> functions = new TreeMap<>(); // that follow one another
    boolean inTable = false;
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i);
      if (line.startsWith(FUNCTION)) {
        int end = lines.subList(i, lines.size()).indexOf("}") + i;
        functions.put(line, lines.subList(i, end + 1));
        i = end;
      } else if (!line.isEmpty() || functions.isEmpty()) {
        functions.values().forEach(out::addAll);
        functions.clear();
        inTable = TABLE.matcher(line).matches() || inTable && !line.isEmpty();
        out.add(inTable ? withSortedMembers(line) : line);
      }
    }
    functions.values().forEach(out::addAll);
    return out;
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
