package org.sae4j.cli.options;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.sae4j.Model;
import org.sae4j.Sae;
import org.sae4j.format.sae.SaeFile;

/** Several loaded SAEs that are closed together. */
public final class OpenSaes implements AutoCloseable {
  private final List<Sae> saes = new ArrayList<>();

  private OpenSaes() {}

  /** Loads SAEs for a model, in order. */
  public static OpenSaes open(List<SaeFile> files, Model model) throws IOException {
    OpenSaes opened = new OpenSaes();
    try {
      for (SaeFile file : files) {
        opened.saes.add(Sae.open(file, model));
      }
      return opened;
    } catch (Throwable e) {
      opened.close();
      throw e;
    }
  }

  public List<Sae> list() {
    return saes;
  }

  @Override
  public void close() {
    saes.forEach(Sae::close);
  }
}
