package org.sae4j.engine.loader;

import org.bytedeco.javacpp.annotation.Cast;
import org.bytedeco.javacpp.annotation.Name;
import org.bytedeco.javacpp.annotation.NoException;
import org.bytedeco.javacpp.annotation.Platform;

/**
 * {@code native/include/sae4j_cpu.h}: whether this CPU can run the engine. It is a library of its
 * own, loaded before any other.
 */
@Platform(include = "sae4j_cpu.h", library = Cpu.LIBRARY)
@NoException
final class Cpu {
  /** What JavaCPP calls the library. */
  static final String LIBRARY = "jnisae4j_cpu";

  private Cpu() {}

  /** Returns the instruction set that this CPU lacks to run sae4j, or null. */
  @Name("sae4j_cpu_missing")
  static native @Cast("const char*") String missing();
}
