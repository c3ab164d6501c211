package org.sae4j.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.sae4j.Model;
import org.sae4j.Sae;

/** Several SAEs in memory, closed together. */
final class OpenSaes implements AutoCloseable {
  private final List<Sae> saes = new ArrayList<>();

  private OpenSaes() {}

  /** Loads SAEs for a model, in order. */
  static OpenSaes open(List<Path> paths, SaeOverrideOptions overrides, Model model)
      throws IOException {
    OpenSaes opened = new OpenSaes();
    try {
      for (Path path : paths) {
        opened.saes.add(overrides.open(path, model));
      }
      return opened;
    } catch (Throwable e) {
      opened.close();
      throw e;
    }
  }

  List<Sae> list() {
    return saes;
  }

  @Override
  public void close() {
    saes.forEach(Sae::close);
  }
}
