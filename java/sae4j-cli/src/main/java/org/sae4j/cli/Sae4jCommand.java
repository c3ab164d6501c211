package org.sae4j.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.sae4j.cli.ablate.AblateCommand;
import org.sae4j.cli.capture.CaptureCommand;
import org.sae4j.cli.convert.ConvertCommand;
import org.sae4j.cli.demo.DemoCommand;
import org.sae4j.cli.eval.EvalCommand;
import org.sae4j.cli.inspect.InspectCommand;
import org.sae4j.cli.latent.LatentCommand;
import org.sae4j.cli.logits.LogitsCommand;
import org.sae4j.cli.report.ReportCommand;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** The command {@code sae4j} itself, to which all others belong. */
@Command(
    name = "sae4j",
    description = {
      "Measures how sparse autoencoders change the predictions of GPT-2, on the CPU.",
      "Start with 'sae4j demo': it needs no files."
    },
    mixinStandardHelpOptions = true,
    scope = ScopeType.INHERIT,
    synopsisSubcommandLabel = "COMMAND",
    sortOptions = false,
    usageHelpWidth = 100,
    footer = {"", "Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted."})
final class Sae4jCommand implements Runnable {
  private static final Map<String, Supplier<Object>> COMMANDS = commands();

  @Spec private CommandSpec spec;

  @Option(
      names = "--verbose",
      scope = ScopeType.INHERIT,
      description = "Print a stack trace if a command fails.")
  private boolean verbose;

  private static Map<String, Supplier<Object>> commands() {
    Map<String, Supplier<Object>> commands = new LinkedHashMap<>();
    commands.put("demo", DemoCommand::new);
    commands.put("eval", EvalCommand::new);
    commands.put("ablate", AblateCommand::new);
    commands.put("latent", LatentCommand::new);
    commands.put("report", ReportCommand::new);
    commands.put("logits", LogitsCommand::new);
    commands.put("capture", CaptureCommand::new);
    commands.put("inspect", InspectCommand::new);
    commands.put("convert", ConvertCommand::new);
    return commands;
  }

  /**
   * Understands these arguments. To read the options of all commands takes longer than to start
   * Java, so where one is enough, or none, the others are left out.
   */
  static CommandLine commandLine(String... args) {
    CommandLine commandLine = new CommandLine(new Sae4jCommand());
    String first = args.length == 0 ? "" : args[0];
    if (COMMANDS.containsKey(first)) {
      add(first, commandLine);
    } else if (!first.equals("--version") && !first.equals("-V")) {
      COMMANDS.keySet().forEach(name -> add(name, commandLine));
    }
    return commandLine;
  }

  private static void add(String name, CommandLine commandLine) {
    commandLine.addSubcommand(name, COMMANDS.get(name).get());
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "which command?");
  }
}
