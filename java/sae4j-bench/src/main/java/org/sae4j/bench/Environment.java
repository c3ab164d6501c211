package org.sae4j.bench;

import java.util.List;
import org.sae4j.SystemInfo;

/** What a measurement depends on, said before it. */
final class Environment {
  private static final List<String> OPENBLAS =
      List.of("OPENBLAS_CORETYPE", "OPENBLAS_NUM_THREADS", "OPENBLAS_L2_SIZE");

  private Environment() {}

  static void print() {
    SystemInfo info = SystemInfo.get();
    System.out.printf(
        "sae4j   %s, %s, BLAS: %s, kernels: %s, %d processors%n",
        info.version(),
        info.platform(),
        info.blas(),
        info.kernels(),
        Runtime.getRuntime().availableProcessors());
    for (String name : OPENBLAS) {
      String value = System.getenv(name);
      if (value != null) {
        System.err.printf(
            "WARNING: %s=%s is set, which can halve OpenBLAS's speed. Unset it.%n", name, value);
      }
    }
  }
}
