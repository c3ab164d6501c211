package org.sae4j.memory;

/** Arrays on Java's heap that say how much they would take where they do not fit. */
public final class Floats {
  private Floats() {}

  /**
   * Makes an array of zeros.
   *
   * @param what the contents, for messages
   * @throws IllegalArgumentException if no array of Java's is that long
   * @throws OutOfMemoryError if the heap has no room for it
   */
  public static float[] of(long rows, long columns, String what) {
    long most = Integer.MAX_VALUE - 8L;
    if (rows > most / Math.max(1, columns)) {
      throw new IllegalArgumentException(
          "%s [%d, %d]: more floats than one array of Java's holds; ask for fewer at once"
              .formatted(what, rows, columns));
    }
    long count = rows * columns;
    try {
      return new float[(int) count];
    } catch (OutOfMemoryError e) {
      OutOfMemoryError told =
          new OutOfMemoryError(
              "%s: no %d bytes of Java's heap".formatted(what, count * Float.BYTES));
      told.initCause(e);
      throw told;
    }
  }
}
