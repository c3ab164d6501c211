package org.sae4j.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.sae4j.FormatException;
import org.sae4j.Model;
import org.sae4j.SaeConfig;
import org.sae4j.Sequences;
import org.sae4j.SpecialTokens;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Which tokens the model runs on. */
final class InputOptions {
  private static final int DEFAULT_CONTEXT = 64;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @ArgGroup(multiplicity = "1")
  private Source source;

  @Option(
      names = "--context",
      paramLabel = "N",
      converter = CountConverter.class,
      description =
          "Split the text into sequences of N tokens (default: the SAE's own context, else 64).")
  private Optional<Integer> context = Optional.empty();

  @Option(
      names = "--bos",
      negatable = true,
      arity = "0",
      description =
          "Begin each sequence with the BOS token, or not (default: the SAE's own setting, else"
              + " not).")
  private Boolean bos;

  @Option(
      names = "--max-tokens",
      paramLabel = "N",
      converter = CountConverter.class,
      description = "Use the first N tokens only.")
  private Optional<Integer> maxTokens = Optional.empty();

  /** Where the tokens come from. */
  static final class Source {
    @Option(
        names = "--text",
        paramLabel = "FILE",
        description = "Text in UTF-8; what spells a special token becomes that token.")
    private Path text;

    @Option(
        names = "--tokens",
        paramLabel = "FILE",
        description = "Token ids in JSON, [[id, ...], ...], run exactly as given.")
    private Path tokens;
  }

  /**
   * Reads the input.
   *
   * @param saes where defaults come from
   */
  Input read(Model model, List<SaeConfig> saes) throws IOException {
    return source.tokens == null ? readText(model, saes) : readTokens();
  }

  private Input readTokens() throws IOException {
    if (Boolean.TRUE.equals(bos)) {
      throw wrongUsage("--bos is for --text; --tokens are run exactly as given");
    }
    if (context.isPresent()) {
      command.commandLine().getErr().println("note: --context is for --text, --tokens ignores it");
    }
    Sequences sequences = Sequences.fromJson(source.tokens);
    return new Input(source.tokens, sequences, maxTokens, OptionalInt.empty(), false);
  }

  private Input readText(Model model, List<SaeConfig> saes) throws IOException {
    int length = context(model, saes);
    boolean withBos = bos(saes);
    if (!model.hasTokenizer()) {
      throw wrongUsage("the model came without a tokenizer: give token ids with --tokens");
    }
    byte[] utf8 = Files.readAllBytes(source.text);
    int[] ids = model.tokenizer().encode(utf8, SpecialTokens.PARSED);
    try {
      Sequences sequences =
          Sequences.split(ids, length, withBos ? bosToken(model) : OptionalInt.empty());
      return new Input(source.text, sequences, maxTokens, OptionalInt.of(length), withBos);
    } catch (IllegalArgumentException e) {
      throw FormatException.of(source.text, e.getMessage(), e);
    }
  }

  private OptionalInt bosToken(Model model) {
    OptionalInt token = model.tokenizer().bos();
    if (token.isEmpty()) {
      throw wrongUsage("the model has no BOS token: use --no-bos");
    }
    return token;
  }

  private int context(Model model, List<SaeConfig> saes) {
    int longest = model.shape().context();
    if (context.isPresent()) {
      if (context.get() < 2 || context.get() > longest) {
        throw wrongUsage(
            "--context: expected 2 to %d, the model's context, found %d"
                .formatted(longest, context.get()));
      }
      return context.get();
    }
    Optional<Integer> trained =
        agreed("context sizes", "--context", saes.stream().map(InputOptions::contextSize).toList());
    if (trained.isPresent() && trained.get() > longest) {
      throw wrongUsage(
          "the SAE was trained on %d tokens a sequence, the model takes %d: give --context"
              .formatted(trained.get(), longest));
    }
    return trained.orElse(Math.min(DEFAULT_CONTEXT, longest));
  }

  private boolean bos(List<SaeConfig> saes) {
    if (bos != null) {
      return bos;
    }
    return agreed(
            "settings of BOS",
            "--bos or --no-bos",
            saes.stream().map(SaeConfig::prependBos).toList())
        .orElse(false);
  }

  private static Optional<Integer> contextSize(SaeConfig sae) {
    return sae.contextSize().stream().boxed().findAny();
  }

  /** The one value that all SAEs that have one share. */
  private <T> Optional<T> agreed(String what, String option, List<Optional<T>> values) {
    List<T> distinct = values.stream().flatMap(Optional::stream).distinct().toList();
    if (distinct.size() > 1) {
      throw wrongUsage(
          "the SAEs were trained with different %s, %s: give %s".formatted(what, distinct, option));
    }
    return distinct.stream().findAny();
  }

  private ParameterException wrongUsage(String message) {
    return new ParameterException(command.commandLine(), message);
  }
}
