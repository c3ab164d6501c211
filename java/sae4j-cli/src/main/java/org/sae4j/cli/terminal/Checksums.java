package org.sae4j.cli.terminal;

import com.google.gson.JsonObject;
import java.io.IOException;
import org.sae4j.results.ByteProgress;

/** Shows a progress bar while the checksum of an input is computed. */
public final class Checksums {
  private Checksums() {}

  /** Describes an input. */
  @FunctionalInterface
  public interface Description {
    JsonObject of(ByteProgress progress) throws IOException;
  }

  public static JsonObject shown(Description description) throws IOException {
    try (ProgressDisplay progress = new ProgressDisplay("SHA-256", " MB", 1 << 20)) {
      return description.of(progress::update);
    }
  }
}
