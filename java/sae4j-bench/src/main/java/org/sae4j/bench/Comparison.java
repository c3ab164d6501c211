package org.sae4j.bench;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.function.DoubleFunction;
import java.util.stream.IntStream;

/**
 * The same work done by two sides in turn.
 *
 * @param ours seconds of each round
 * @param theirs seconds of the same rounds; none if there is no other side
 */
record Comparison(Item item, double[] ours, double[] theirs) {
  private static final String FORMAT = "%-40s %10s %10s  %-8s  %-22s %s";

  // Long enough for the threads of the side that was busy to go to sleep.
  private static final long PAUSE_MILLIS = 200;

  private static final double WARM_SECONDS = 5;

  /**
   * What is compared.
   *
   * @param shown what is shown of so many seconds
   * @param needed by how many times ours has to be faster
   */
  record Item(String name, DoubleFunction<String> shown, String unit, double needed) {
    static Item tokens(String name, double needed) {
      return new Item(name, s -> format("%.0f", Gpt2Small.TOKENS / s), "tokens/s", needed);
    }

    static Item seconds(String name, double needed) {
      return each(name, 1, "s", needed);
    }

    /** So many equal parts, of which the seconds of one are shown. */
    static Item each(String name, int parts, String unit, double needed) {
      return new Item(name, s -> format("%.3f", s / parts), unit, needed);
    }

    private String show(double[] seconds) {
      if (seconds.length == 0) {
        return "-";
      }
      return shown.apply(Timing.median(seconds));
    }
  }

  /** Warms both sides up, then lets them take turns. */
  static Comparison run(Item item, int rounds, Timing ours, Optional<Timing> theirs)
      throws Exception {
    double[] a = new double[rounds];
    double[] b = new double[theirs.isPresent() ? rounds : 0];
    for (int round = -1; round < rounds; round++) {
      double mine = alone(ours);
      double other = theirs.isPresent() ? alone(theirs.get()) : 0;
      if (round >= 0) {
        a[round] = mine;
        if (b.length > 0) {
          b[round] = other;
        }
      }
    }
    return new Comparison(item, a, b);
  }

  /**
   * Runs a side for some seconds, and says how long the last time took: by then the JVM has
   * compiled what it will, and memory that lay idle while the other side ran, perhaps for minutes,
   * is at hand again. A run of minutes is warm after its first part.
   */
  private static double alone(Timing side) throws Exception {
    Thread.sleep(PAUSE_MILLIS);
    double last = 0;
    for (double spent = 0; spent < WARM_SECONDS; spent += last) {
      last = side.seconds();
    }
    return last;
  }

  static String header() {
    return String.format(FORMAT, "", "ours", "theirs", "", "ratio (min - max)", "needed");
  }

  @Override
  public String toString() {
    return String.format(
        FORMAT,
        item.name(),
        item.show(ours),
        item.show(theirs),
        item.unit(),
        theirs.length == 0 ? "-" : ratio(),
        item.needed() == 0 ? "" : format(">= %.2f", item.needed()));
  }

  /** How many times ours is faster: the median of the rounds' ratios. */
  private String ratio() {
    double[] ratios =
        IntStream.range(0, ours.length).mapToDouble(i -> theirs[i] / ours[i]).sorted().toArray();
    return format(
        "%.2f (%.2f - %.2f)",
        Timing.median(ratios), ratios[0], Arrays.stream(ratios).max().orElseThrow());
  }

  private static String format(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
