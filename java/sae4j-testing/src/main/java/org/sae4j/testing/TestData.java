package org.sae4j.testing;

import java.nio.file.Files;
import java.nio.file.Path;

/** The folder {@code test-data} of the source tree. */
public final class TestData {
  private TestData() {}

  /** Returns a file or folder by its path under test-data. */
  public static Path path(String relative) {
    Path found = root().resolve(relative).normalize();
    if (!Files.exists(found)) {
      throw new IllegalStateException("no test data at " + found);
    }
    return found;
  }

  private static Path root() {
    String configured = System.getProperty("sae4j.testData");
    if (configured != null) {
      return Path.of(configured);
    }
    for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
      if (Files.isDirectory(at.resolve("test-data"))) {
        return at.resolve("test-data");
      }
    }
    throw new IllegalStateException("no folder test-data above the working directory");
  }
}
