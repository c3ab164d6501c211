package org.sae4j.format.torch;

/** Python's {@code None} in a pickle. */
public enum PickleNone {
  NONE;

  @Override
  public String toString() {
    return "None";
  }
}
