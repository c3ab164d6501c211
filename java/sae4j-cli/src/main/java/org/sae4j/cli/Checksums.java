package org.sae4j.cli;

import com.google.gson.JsonObject;
import java.io.IOException;
import org.sae4j.results.ByteProgress;

/** Shows a bar while an input is read for its checksum. */
final class Checksums {
  private Checksums() {}

  /** Describes an input. */
  @FunctionalInterface
  interface Description {
    JsonObject of(ByteProgress progress) throws IOException;
  }

  static JsonObject shown(Description description) throws IOException {
    try (ProgressDisplay progress = new ProgressDisplay("SHA-256", " MB", 1 << 20)) {
      return description.of(progress::update);
    }
  }
}
