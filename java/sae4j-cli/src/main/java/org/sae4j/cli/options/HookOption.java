package org.sae4j.cli.options;

import java.io.IOException;
import java.util.Optional;
import org.sae4j.arch.HookPoint;
import org.sae4j.format.FormatException;
import org.sae4j.format.sae.SaeFile;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The option {@code --hook}: which activation is replaced. */
public final class HookOption {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(
      names = "--hook",
      paramLabel = "NAME",
      converter = HookConverter.class,
      description =
          "The activation, by its name in TransformerLens or Hugging Face (default: the SAE's own"
              + " hook).")
  private Optional<HookPoint> hook = Optional.empty();

  /** The hook that the user names. */
  public Optional<HookPoint> given() {
    return hook;
  }

  /** The hook that the user names, or else the SAE. */
  public HookPoint of(SaeFile sae) throws IOException {
    if (hook.isPresent()) {
      return hook.get();
    }
    try {
      return HookPoint.of(nameOf(sae));
    } catch (IllegalArgumentException e) {
      throw FormatException.of(sae.path(), e.getMessage(), e);
    }
  }

  /** The name of that hook, of whatever model it is. */
  public String nameOf(SaeFile sae) {
    return hook.map(HookPoint::name).or(sae.config()::hookName).orElseThrow(() -> missing(sae));
  }

  private ParameterException missing(SaeFile sae) {
    return new ParameterException(
        command.commandLine(),
        sae.path()
            + " does not say which activation it is for: give --hook, such as "
            + HookPoint.residPost(8));
  }
}
