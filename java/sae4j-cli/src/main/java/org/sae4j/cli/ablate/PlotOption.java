package org.sae4j.cli.ablate;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import org.sae4j.format.container.AtomicFile;
import org.sae4j.results.plot.Picture;
import org.sae4j.results.plot.SparsityHistograms;
import org.sae4j.results.plot.SparsityPlot;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The option {@code --plot}: histograms of effects. */
final class PlotOption {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(
      names = "--plot",
      paramLabel = "FILE",
      description =
          "Draw histograms of sparsity, latents against channels, to a .png or .svg file. This"
              + " ablates as many evenly spaced channels as latents at each token and takes up to"
              + " twice the time.")
  private Optional<Path> target = Optional.empty();

  boolean wanted() {
    return target.isPresent();
  }

  /** Fails now rather than after the work if nothing can be drawn. */
  void requireWritable() throws IOException {
    if (wanted()) {
      kind();
      AtomicFile.requireWritable(target.get());
      Picture.requireFonts();
    }
  }

  private Picture kind() {
    String name = target.orElseThrow().toString().toLowerCase(Locale.ROOT);
    if (name.endsWith(".png")) {
      return Picture.PNG;
    }
    if (name.endsWith(".svg")) {
      return Picture.SVG;
    }
    throw new ParameterException(
        command.commandLine(), "--plot: expected a name that ends in .png or .svg, found " + name);
  }

  /** Draws if that is wanted and there is anything to draw. */
  void write(SparsityHistograms histograms, int future, PrintWriter out) throws IOException {
    if (!wanted()) {
      return;
    }
    if (histograms.list().isEmpty()) {
      out.println("nothing to draw: no effect is above the noise");
      return;
    }
    SparsityPlot plot = new SparsityPlot(histograms, future);
    AtomicFile.write(
        target.get(), kind().draw(SparsityPlot.WIDTH, SparsityPlot.HEIGHT, plot::paint));
    out.println();
    out.println("wrote " + target.get());
  }
}
