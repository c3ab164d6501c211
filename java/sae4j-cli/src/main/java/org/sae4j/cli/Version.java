package org.sae4j.cli;

import java.util.ArrayList;
import java.util.List;
import org.sae4j.SystemInfo;
import picocli.CommandLine.IVersionProvider;

/** What {@code --version} prints: versions, kernels, and the BLAS library. */
final class Version implements IVersionProvider {
  @Override
  public String[] getVersion() {
    SystemInfo info;
    try {
      info = SystemInfo.get();
    } catch (RuntimeException e) { // picocli asks before it parses: --help has to work all the same
      return new String[] {"sae4j cannot run here", e.getMessage()};
    }
    List<String> lines = new ArrayList<>();
    lines.add("sae4j " + info.version() + " (" + info.platform() + ")");
    lines.add("llama.cpp        " + info.llamaVersion());
    lines.add("kernels          " + info.kernels() + ", for products with weights too");
    lines.add("attention        " + info.blas());
    lines.add("Java             " + Runtime.version());
    return lines.toArray(String[]::new);
  }
}
