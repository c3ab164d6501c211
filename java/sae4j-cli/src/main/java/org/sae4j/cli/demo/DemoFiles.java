package org.sae4j.cli.demo;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** The demo's model, SAE and text, copied from the jar to a temporary folder. */
final class DemoFiles implements AutoCloseable {
  private static final String RESOURCES = "/demo/";
  private static final String MODEL = "model-q8_0.gguf";
  private static final String SAE = "saes/openai/resid_post_mlp_layer3_k16.pt";
  private static final String TEXT = "texts/prose.txt";

  private final Path folder;

  private DemoFiles(Path folder) {
    this.folder = folder;
  }

  static DemoFiles extract() throws IOException {
    DemoFiles files = new DemoFiles(Files.createTempDirectory("sae4j-demo"));
    try {
      for (String name : List.of(MODEL, SAE, TEXT)) {
        extract(name, files.folder.resolve(name));
      }
      return files;
    } catch (Throwable e) {
      files.close();
      throw e;
    }
  }

  private static void extract(String name, Path target) throws IOException {
    Files.createDirectories(target.getParent());
    try (InputStream in = DemoFiles.class.getResourceAsStream(RESOURCES + name)) {
      if (in == null) {
        throw new IOException(RESOURCES + name + ": not in this jar; build it with 'mvn package'");
      }
      Files.copy(in, target);
    }
  }

  Path model() {
    return folder.resolve(MODEL);
  }

  Path sae() {
    return folder.resolve(SAE);
  }

  Path text() {
    return folder.resolve(TEXT);
  }

  /** Where in the jar a file comes from: the temporary one is gone when this is read. */
  String resource(Path file) {
    return "jar:" + RESOURCES + folder.relativize(file).toString().replace('\\', '/');
  }

  @Override
  public void close() throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
