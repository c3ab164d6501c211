package org.sae4j.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** What stands before the name of a command. */
@Command(
    name = "sae4j",
    description = {
      "Measures what sparse autoencoders do to the predictions of GPT-2, on the CPU.",
      "Start with 'sae4j demo': it needs no files."
    },
    mixinStandardHelpOptions = true,
    scope = ScopeType.INHERIT,
    synopsisSubcommandLabel = "COMMAND",
    sortOptions = false,
    usageHelpWidth = 100,
    footer = {"", "Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted."},
    subcommands = {
      DemoCommand.class,
      EvalCommand.class,
      AblateCommand.class,
      LogitsCommand.class,
      CaptureCommand.class,
      InspectCommand.class,
      ConvertCommand.class
    })
final class Sae4jCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Option(
      names = "--verbose",
      scope = ScopeType.INHERIT,
      description = "Print a stack trace if something goes wrong.")
  private boolean verbose;

  boolean verbose() {
    return verbose;
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "which command?");
  }
}
