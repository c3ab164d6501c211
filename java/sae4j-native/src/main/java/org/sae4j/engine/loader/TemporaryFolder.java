package org.sae4j.engine.loader;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.regex.Pattern;

/**
 * A new folder that nobody else can write to, for libraries that are deleted once they are loaded.
 * Windows does not delete loaded ones: what another process left behind goes with the next.
 */
record TemporaryFolder(Path folder) implements ExtractionPlace.Extracted {
  private static final String PREFIX = "sae4j-native-";
  private static final Pattern OURS = Pattern.compile(PREFIX + "\\d+");

  static TemporaryFolder create() throws IOException {
    Path above = Path.of(System.getProperty("java.io.tmpdir")).toAbsolutePath();
    StaleFiles.deleteIn(above, OURS, Duration.ofDays(1));
    return new TemporaryFolder(Files.createTempDirectory(above, PREFIX));
  }

  @Override
  public void close() {
    StaleFiles.delete(folder);
  }
}
