package org.sae4j.format;

/** Python's {@code None} in a pickle. */
enum PickleNone {
  NONE;

  @Override
  public String toString() {
    return "None";
  }
}
