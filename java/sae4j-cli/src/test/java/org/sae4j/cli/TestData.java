package org.sae4j.cli;

import java.nio.file.Files;
import java.nio.file.Path;

/** Finds the folder {@code test-data} of the source tree. */
final class TestData {
  static final String MODEL = path("model-f32.gguf");
  static final String OPENAI = path("saes/openai/resid_post_mlp_layer3_k16.pt");
  static final String SAELENS = path("saes/saelens/topk");
  static final String TOKENS = path("tokens/eval.json");
  static final String TEXT = path("texts/prose.txt");
  static final String HOOK = "blocks.3.hook_resid_post";

  private TestData() {}

  /** Returns a file or folder by its path under test-data. */
  static String path(String relative) {
    Path found = root().resolve(relative).normalize();
    if (!Files.exists(found)) {
      throw new IllegalStateException("no test data at " + found);
    }
    return found.toString();
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
