package org.sae4j.stats;

/**
 * A range.
 *
 * @param low its lower end
 * @param high its upper end
 */
public record Interval(double low, double high) {

  /** How long it is. */
  public double width() {
    return high - low;
  }
}
