package org.sae4j.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import org.sae4j.Precision;
import org.sae4j.ablation.AblationBaseline;
import org.sae4j.ablation.AblationContext;
import org.sae4j.cli.options.NameConverter;
import org.sae4j.cli.options.PathConverter;
import org.sae4j.cli.terminal.ExitCode;
import org.sae4j.cli.terminal.Failures;
import org.sae4j.cli.terminal.Interruption;
import org.sae4j.cli.terminal.StandardOutput;
import org.sae4j.cli.terminal.VisibleWriter;
import org.sae4j.format.model.WeightPrecision;
import picocli.CommandLine;

/** Runs the command line. */
public final class Main {
  private Main() {}

  /** Runs a command and ends the process with its exit code. */
  public static void main(String[] args) {
    // Digits and points are everywhere the same, whatever the locale: scripts read them.
    Locale.setDefault(Locale.ROOT);
    StandardOutput standardOutput = new StandardOutput();
    PrintWriter out = writer(standardOutput);
    PrintWriter err = writer(new FileOutputStream(FileDescriptor.err));
    System.exit(
        Interruption.stopCleanly(
            () -> {
              int exitCode = run(out, err, args);
              return standardOutput.isComplete(err)
                  ? exitCode
                  : Math.max(exitCode, ExitCode.FAILED);
            }));
  }

  /** Runs a command within this process and returns its exit code. */
  static int run(PrintWriter out, PrintWriter err, String... args) {
    Failures failures = new Failures();
    CommandLine commandLine =
        Sae4jCommand.commandLine(args)
            .setOut(VisibleWriter.to(out))
            .setErr(VisibleWriter.to(err))
            .setColorScheme(CommandLine.Help.defaultColorScheme(CommandLine.Help.Ansi.OFF))
            .registerConverter(Path.class, new PathConverter())
            .setUsageHelpAutoWidth(true)
            .setParameterExceptionHandler(failures)
            .setExecutionExceptionHandler(failures);
    setVersion(commandLine);
    NameConverter.register(commandLine, AblationBaseline.class);
    NameConverter.register(commandLine, AblationContext.class);
    NameConverter.register(commandLine, Precision.class);
    NameConverter.register(commandLine, WeightPrecision.class);
    try {
      return commandLine.execute(args);
    } catch (Error e) {
      return failures.report(e, commandLine);
    } finally {
      out.flush();
      err.flush();
    }
  }

  /** Not as an annotation: inherited by the commands, it would load the engine for every --help. */
  private static void setVersion(CommandLine command) {
    command.getCommandSpec().versionProvider(new Version());
    command.getSubcommands().values().forEach(Main::setVersion);
  }

  /** Always UTF-8, whatever the locale: JSON has to be, and scripts want no surprise. */
  private static PrintWriter writer(OutputStream stream) {
    return new PrintWriter(stream, true, StandardCharsets.UTF_8);
  }
}
