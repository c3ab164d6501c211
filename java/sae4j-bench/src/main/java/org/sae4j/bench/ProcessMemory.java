package org.sae4j.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The memory of this process, in bytes, as Linux counts it. */
final class ProcessMemory {
  private static final Path STATUS = Path.of("/proc/self/status");
  private static final Path CLEAR = Path.of("/proc/self/clear_refs");

  private ProcessMemory() {}

  static long resident() throws IOException {
    return read("VmRSS:");
  }

  /** The most that was ever resident, or since {@link #resetPeak}. */
  static long peak() throws IOException {
    return read("VmHWM:");
  }

  static void resetPeak() throws IOException {
    Files.writeString(CLEAR, "5");
  }

  private static long read(String name) throws IOException {
    List<String> lines = Files.readAllLines(STATUS);
    return lines.stream()
        .filter(line -> line.startsWith(name))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
        .findFirst()
        .orElseThrow(() -> new IOException(STATUS + ": no " + name));
  }
}
