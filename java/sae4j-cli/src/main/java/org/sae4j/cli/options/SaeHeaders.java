package org.sae4j.cli.options;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.sae4j.arch.HookPoint;
import org.sae4j.cli.terminal.Assumptions;
import org.sae4j.cli.terminal.Checksums;
import org.sae4j.format.SaeConfig;
import org.sae4j.format.sae.SaeFile;
import org.sae4j.format.sae.SaeSource;
import org.sae4j.results.JsonDocument;
import org.sae4j.results.SaeDescription;
import org.sae4j.results.SaeNames;

/**
 * What the files of SAEs say, apart from their weights.
 *
 * @param files the files, in the order of the command line
 * @param hooks the activation that each is for
 */
public record SaeHeaders(List<SaeFile> files, List<HookPoint> hooks) {

  /** Small reads first: what they find wrong need not wait for a model to load. */
  public static SaeHeaders read(
      List<SaeSource> sources, SaeOverrideOptions overrides, HookOption hook, PrintWriter notes)
      throws IOException {
    List<SaeFile> files = new ArrayList<>();
    List<HookPoint> hooks = new ArrayList<>();
    for (SaeSource source : sources) {
      SaeFile file = overrides.read(source);
      hooks.add(hook.of(file));
      Assumptions.print(file.path(), file.config().assumptions(), notes);
      files.add(file);
    }
    return new SaeHeaders(files, hooks);
  }

  public List<Path> paths() {
    return files.stream().map(SaeFile::path).toList();
  }

  public List<SaeConfig> configs() {
    return files.stream().map(SaeFile::config).toList();
  }

  /** The same SAEs in another order. */
  public SaeHeaders inOrder(List<Integer> indices) {
    return new SaeHeaders(
        indices.stream().map(files::get).toList(), indices.stream().map(hooks::get).toList());
  }

  /** Says which SAEs they are, numbered if there are several. */
  public void print(PrintWriter out) {
    for (int i = 0; i < files.size(); i++) {
      SaeFile file = files.get(i);
      String number = files.size() > 1 ? "SAE " + SaeNames.number(i) : "SAE";
      out.println(
          String.format(Locale.ROOT, "%-10s", number + " ")
              + file.path()
              + ": "
              + SaeDescription.text(file.config()));
      out.println("          at " + hooks.get(i));
    }
  }

  /** The one activation of all, or a list of several. */
  public Optional<?> hookNames() {
    List<String> names = hooks.stream().map(HookPoint::name).distinct().toList();
    return Optional.of(names.size() == 1 ? names.get(0) : names);
  }

  /** Writes down which SAEs they are. */
  public void describe(JsonDocument document) throws IOException {
    for (SaeFile file : files) {
      document.input(Checksums.shown(progress -> SaeDescription.input(file, progress)));
    }
  }
}
