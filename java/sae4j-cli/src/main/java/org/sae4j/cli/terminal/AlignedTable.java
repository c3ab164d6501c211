package org.sae4j.cli.terminal;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** A table with labels, columns of figures aligned to the right, and remarks. */
public final class AlignedTable {
  private static final String GAP = "  ";

  private record Line(String label, List<String> figures, String remark) {}

  private final List<Line> lines = new ArrayList<>();

  /** Adds a line of figures. */
  public AlignedTable line(String label, List<String> figures, String remark) {
    lines.add(new Line(label, List.copyOf(figures), remark));
    return this;
  }

  /** Adds a heading, after an empty line. */
  public AlignedTable heading(String text) {
    lines.add(new Line("", List.of(), ""));
    lines.add(new Line(text, List.of(), ""));
    return this;
  }

  public void print(PrintWriter out) {
    int label = width(lines.stream().filter(line -> !line.figures().isEmpty()), Line::label);
    List<Integer> columns = columns();
    for (Line line : lines) {
      StringBuilder text = new StringBuilder(padRight(line.label(), label));
      for (int i = 0; i < line.figures().size(); i++) {
        text.append(GAP).append(padLeft(line.figures().get(i), columns.get(i)));
      }
      text.append(GAP).append(GAP).append(line.remark());
      out.println(text.toString().stripTrailing());
    }
  }

  /** How wide each column is. */
  private List<Integer> columns() {
    int count = lines.stream().mapToInt(line -> line.figures().size()).max().orElse(0);
    return IntStream.range(0, count).mapToObj(this::column).toList();
  }

  private int column(int i) {
    return width(
        lines.stream().filter(line -> line.figures().size() > i), line -> line.figures().get(i));
  }

  private static <T> int width(Stream<T> things, Function<T, String> text) {
    return things.map(text).mapToInt(String::length).max().orElse(0);
  }

  private static String padRight(String text, int width) {
    return text + " ".repeat(Math.max(0, width - text.length()));
  }

  private static String padLeft(String text, int width) {
    return " ".repeat(Math.max(0, width - text.length())) + text;
  }
}
