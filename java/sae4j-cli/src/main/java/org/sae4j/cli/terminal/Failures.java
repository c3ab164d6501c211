package org.sae4j.cli.terminal;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** Turns an exception into one line for people and an exit code for scripts. */
public final class Failures implements IParameterExceptionHandler, IExecutionExceptionHandler {
  @Override
  public int handleParseException(ParameterException said, String[] args) {
    CommandLine command = said.getCommandLine();
    ParameterException e = unknownFirst(said, command, args);
    PrintWriter err = command.getErr();
    err.println(prefix(command) + e.getMessage().replaceFirst("^Error: ", ""));
    UnmatchedArgumentException.printSuggestions(e, err);
    err.println("Try '" + command.getCommandSpec().qualifiedName() + " --help'.");
    printTrace(e, command);
    return ExitCode.WRONG_USAGE;
  }

  /** What is missing may be there under a mistyped name: that is worth more to know. */
  private static ParameterException unknownFirst(
      ParameterException e, CommandLine command, String[] args) {
    Set<String> known = command.getCommandSpec().optionsMap().keySet();
    List<String> unknown =
        Arrays.stream(args)
            .filter(arg -> arg.startsWith("--") && !known.contains(arg.replaceFirst("=.*", "")))
            .toList();
    return e instanceof MissingParameterException && !unknown.isEmpty()
        ? new UnmatchedArgumentException(command, unknown)
        : e;
  }

  @Override
  public int handleExecutionException(Exception e, CommandLine command, ParseResult parsed) {
    return report(e, command);
  }

  /** Says what went wrong and returns the exit code. */
  public int report(Throwable e, CommandLine command) {
    Throwable cause = e instanceof UncheckedIOException unchecked ? unchecked.getCause() : e;
    boolean interrupted = isInterruption(cause);
    command.getErr().println(prefix(command) + (interrupted ? lastWords(cause) : message(cause)));
    printTrace(e, command);
    return interrupted ? ExitCode.INTERRUPTED : ExitCode.FAILED;
  }

  private static boolean isInterruption(Throwable e) {
    return e instanceof CancellationException
        || e instanceof ClosedByInterruptException
        || e instanceof InterruptedException;
  }

  private static String lastWords(Throwable e) {
    String said = e instanceof CancellationException ? said(e) : "interrupted";
    return said + "; nothing was written";
  }

  private static String message(Throwable e) {
    if (e instanceof OutOfMemoryError) {
      return "out of memory (%s): close other programs, or give Java more than its %d MB with -Xmx"
          .formatted(said(e), Runtime.getRuntime().maxMemory() >> 20);
    }
    if (e instanceof Error || isDefect(e)) {
      return "a defect of sae4j, please report it with the output of --verbose: " + e;
    }
    if (e instanceof FileSystemException file && file.getReason() == null) {
      return file.getMessage() + ": " + reason(file);
    }
    return said(e);
  }

  /** What sae4j throws for bad input has a message; these happen by mistake. */
  private static boolean isDefect(Throwable e) {
    return e instanceof NullPointerException
        || e instanceof IndexOutOfBoundsException
        || e instanceof ClassCastException
        || !(e instanceof IOException) && e.getMessage() == null;
  }

  private static String reason(FileSystemException e) {
    if (e instanceof NoSuchFileException) {
      return "no such file or folder";
    }
    return e instanceof AccessDeniedException ? "access denied" : e.getClass().getSimpleName();
  }

  /** The first line of the message: libraries add lines that help nobody but their authors. */
  private static String said(Throwable e) {
    return Optional.ofNullable(e.getMessage())
        .flatMap(message -> message.lines().findFirst())
        .orElse(e.getClass().getSimpleName());
  }

  private static String prefix(CommandLine command) {
    return command.getCommandSpec().qualifiedName() + ": ";
  }

  private static void printTrace(Throwable e, CommandLine command) {
    if (isVerbose(command)) {
      e.printStackTrace(command.getErr());
    }
  }

  private static boolean isVerbose(CommandLine command) {
    OptionSpec verbose = command.getCommandSpec().root().findOption("--verbose");
    return verbose != null && Boolean.TRUE.equals(verbose.getValue());
  }
}
