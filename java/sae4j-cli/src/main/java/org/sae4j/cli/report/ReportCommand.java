package org.sae4j.cli.report;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.sae4j.cli.terminal.ExitCode;
import org.sae4j.cli.terminal.Figures;
import org.sae4j.cli.terminal.ProgressDisplay;
import org.sae4j.format.FormatException;
import org.sae4j.format.container.AtomicFile;
import org.sae4j.results.report.Report;
import org.sae4j.results.report.ReportPage;
import org.sae4j.results.report.ResultDocument;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code report}: turns results into one HTML page. */
@Command(
    name = "report",
    description = {
      "Turns the --json results of eval, ablate and latent into one HTML page: which SAE costs the"
          + " model least for its sparsity, how certain that is, and what each latent does.",
      "The page is one file that needs no network. Results of the same SAE are matched by its path"
          + " and SHA-256."
    })
public final class ReportCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(
      arity = "1..*",
      paramLabel = "RESULT",
      description = "Files that --json wrote: .json, or .jsonl with one effect per line.")
  private List<Path> paths;

  @Option(
      names = {"-o", "--output"},
      required = true,
      paramLabel = "PAGE.html",
      description = "The page to write.")
  private Path output;

  @Override
  public Integer call() throws IOException {
    AtomicFile.requireWritable(output);
    for (Path path : paths) {
      if (Files.exists(output) && Files.isSameFile(path, output)) {
        throw FormatException.of(path, "expected results to read, found the page to write");
      }
    }
    Report report = Report.of(read());
    AtomicFile.write(output, ReportPage.html(report));
    PrintWriter err = spec.commandLine().getErr();
    report.warnings().forEach(note -> err.println("note: " + note.about() + ": " + note.text()));
    spec.commandLine()
        .getOut()
        .printf(
            Locale.ROOT,
            "wrote %s: %s from %s, %.1f MB%n",
            output,
            Figures.count(report.saes().size(), "SAE"),
            Figures.count(paths.size(), "file"),
            Files.size(output) / 1e6);
    return ExitCode.DONE;
  }

  private List<ResultDocument> read() throws IOException {
    List<ResultDocument> documents = new ArrayList<>();
    try (ProgressDisplay progress = new ProgressDisplay("report", " files", 1)) {
      for (Path path : paths) {
        documents.add(ResultDocument.read(path));
        progress.update(documents.size(), paths.size());
      }
    }
    return documents;
  }
}
