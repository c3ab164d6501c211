package org.sae4j.format.container;

/** The element types that sae4j writes to GGUF files. */
public enum GgufType {
  F32(0, Float.BYTES),
  F16(1, Short.BYTES),
  BF16(30, Short.BYTES);

  private final int code;
  private final int bytes;

  GgufType(int code, int bytes) {
    this.code = code;
    this.bytes = bytes;
  }

  /** Returns the number that stands for this type in a GGUF file. */
  int code() {
    return code;
  }

  /** Returns the size of one element. */
  public int bytes() {
    return bytes;
  }
}
