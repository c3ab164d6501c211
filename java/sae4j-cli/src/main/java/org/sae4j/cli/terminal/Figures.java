package org.sae4j.cli.terminal;

import java.util.Locale;
import org.sae4j.eval.Metric;
import org.sae4j.stats.Interval;

/** Formats numbers for people, with five figures at most. */
public final class Figures {
  private Figures() {}

  public static String of(double value) {
    return format(value, "");
  }

  /** A metric's value. */
  public static String of(Metric metric, double value) {
    return switch (metric.kind()) {
      case SIGNED -> signed(value);
      case SHARE -> percent(value);
      default -> of(value);
    };
  }

  /** With its sign, because the sign matters. */
  public static String signed(double value) {
    return format(value, "+");
  }

  /** Half the length of an interval. */
  public static String plusOrMinus(Interval interval) {
    return "±" + of(interval.width() / 2);
  }

  public static String percent(double fraction) {
    return Double.isNaN(fraction) ? "-" : String.format(Locale.ROOT, "%.2f %%", 100 * fraction);
  }

  /** How many of a thing. */
  public static String count(long count, String thing) {
    return String.format(Locale.ROOT, "%,d %s%s", count, thing, count == 1 ? "" : "s");
  }

  private static String format(double value, String flag) {
    if (Double.isNaN(value)) {
      return "-";
    }
    double size = Math.abs(value);
    if (size != 0 && (size < 1e-3 || size >= 1e6)) {
      return String.format(Locale.ROOT, "%" + flag + ".2e", value);
    }
    int decimals = Math.max(0, 4 - Math.max(0, (int) Math.floor(Math.log10(Math.max(size, 1)))));
    return String.format(Locale.ROOT, "%" + flag + "." + decimals + "f", value);
  }
}
