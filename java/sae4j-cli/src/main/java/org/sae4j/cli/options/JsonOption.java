package org.sae4j.cli.options;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Path;
import java.util.Optional;
import org.sae4j.format.container.AtomicFile;
import org.sae4j.results.JsonDocument;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The option {@code --json}: where the JSON document goes. */
public final class JsonOption {
  private static final Path STANDARD_OUTPUT = Path.of("-");

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(
      names = "--json",
      paramLabel = "FILE",
      description =
          "Write the results as JSON; '-' writes them, and nothing else, to standard output.")
  private Optional<Path> target = Optional.empty();

  public boolean wanted() {
    return target.isPresent();
  }

  /** Where to print what people read: standard output, unless JSON goes there. */
  public PrintWriter text() {
    return isStandardOutput()
        ? new PrintWriter(Writer.nullWriter())
        : command.commandLine().getOut();
  }

  /** Fails now rather than after the work if the document cannot be written. */
  public void requireWritable() throws IOException {
    if (isFile()) {
      AtomicFile.requireWritable(target.get());
    }
  }

  /** Tells whether the file is to have one JSON value per line. */
  public boolean isLines() {
    return wanted() && target.get().toString().endsWith(".jsonl");
  }

  /** Tells whether the document goes to a file. */
  boolean isFile() {
    return wanted() && !isStandardOutput();
  }

  /** The file; there is none on standard output. */
  public Path file() {
    return target.orElseThrow();
  }

  public void write(JsonDocument document) throws IOException {
    if (isStandardOutput()) {
      command.commandLine().getOut().print(document.text());
    } else {
      AtomicFile.write(target.get(), document.text());
    }
  }

  private boolean isStandardOutput() {
    return target.equals(Optional.of(STANDARD_OUTPUT));
  }
}
