package org.sae4j.cli.options;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.sae4j.Model;
import org.sae4j.corpus.CorpusFiles;
import org.sae4j.corpus.TextCorpus;
import org.sae4j.corpus.TokenCorpus;
import org.sae4j.format.FormatException;
import org.sae4j.format.SaeConfig;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Options that say which tokens the model runs on. */
public final class InputOptions {
  private static final int DEFAULT_CONTEXT = 64;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @ArgGroup(multiplicity = "1")
  private Source source;

  @Option(
      names = "--text-key",
      paramLabel = "KEY",
      description =
          "Read --text as JSON and take each document from KEY (default: text, for files named"
              + " .jsonl, .ndjson or .json).")
  private Optional<String> textKey = Optional.empty();

  @Option(
      names = "--column",
      paramLabel = "NAME",
      description =
          "The column of a Parquet file; for --tokens, also the key of JSON objects or the array of"
              + " an .npz (default: "
              + TextCorpus.DEFAULT_KEY
              + " for --text, "
              + TokenCorpus.DEFAULT_COLUMN
              + " for --tokens).")
  private Optional<String> column = Optional.empty();

  @Option(
      names = "--context",
      paramLabel = "N",
      converter = CountConverter.class,
      description =
          "Split the text into sequences of N tokens (default: the SAE's own context, else 64)."
              + " Also splits token ids of a one-dimensional .npy file.")
  private Optional<Integer> context = Optional.empty();

  @Option(
      names = "--bos",
      negatable = true,
      arity = "0",
      description =
          "Put the BOS token before each sequence, or not (default: the SAE's own setting, else"
              + " not).")
  private Boolean bos;

  @Option(
      names = "--max-tokens",
      paramLabel = "N",
      converter = CountConverter.class,
      description = "Use only the first N tokens and read no further.")
  private Optional<Integer> maxTokens = Optional.empty();

  /** Where the tokens come from. */
  static final class Source {
    @Option(
        names = "--text",
        paramLabel = "FILE",
        description =
            "Text as UTF-8, JSON or Parquet; gzip and zstd are unpacked. FILE is a file, a folder,"
                + " or a pattern in quotes such as 'data/train-*'; may be repeated. Documents are"
                + " joined by the EOS token. Text that spells a special token becomes that token.")
    private List<String> text = List.of();

    @Option(
        names = "--tokens",
        paramLabel = "FILE",
        description =
            "Token ids as JSON [[id, ...], ...], NumPy (.npy, .npz) or Parquet; gzip and zstd are"
                + " unpacked. FILE is as for --text; may be repeated. Sequences run exactly as"
                + " given, without the padding that an attention_mask marks.")
    private List<String> tokens = List.of();
  }

  /**
   * Finds the input, which is read when it is needed.
   *
   * @param saes where defaults come from
   */
  public Input read(Model model, List<SaeConfig> saes) throws IOException {
    CorpusFiles files = files();
    for (Path file : files.paths()) {
      // What is not there, or could be read only once, is said before the work.
      Files.newInputStream(file).close();
      if (!Files.isRegularFile(file) && !Files.isDirectory(file)) {
        throw FormatException.of(
            file, "expected a file, found something that cannot be read twice");
      }
    }
    return source.tokens.isEmpty() ? text(files, model, saes) : tokens(files, model);
  }

  private CorpusFiles files() throws IOException {
    List<String> names = source.tokens.isEmpty() ? source.text : source.tokens;
    try {
      return CorpusFiles.find(names);
    } catch (InvalidPathException e) {
      throw wrongUsage(PathConverter.problem(e));
    }
  }

  private Input tokens(CorpusFiles files, Model model) throws IOException {
    if (Boolean.TRUE.equals(bos)) {
      throw wrongUsage("--bos is for --text; --tokens are run exactly as given");
    }
    if (textKey.isPresent()) {
      throw wrongUsage("--text-key is for --text");
    }
    model
        .tokenizerFault()
        .ifPresent(fault -> note(fault.getMessage() + "; tokens are shown by their numbers"));
    TokenCorpus given = TokenCorpus.of(files, model.shape()).onNote(this::note);
    TokenCorpus corpus = column.map(given::withColumn).orElse(given);
    Optional<Integer> length = context.map(tokens -> requireContext(model, tokens));
    if (length.isPresent()) {
      corpus = corpus.withContext(length.get());
      if (!corpus.isCut()) {
        note(
            "--context is for --text, and for ids in one row;"
                + " sequences are run exactly as given");
        length = Optional.empty();
      }
    }
    return Input.ofTokens(new Input.Source(files, textKey, column), corpus, maxTokens, length);
  }

  private Input text(CorpusFiles files, Model model, List<SaeConfig> saes) throws IOException {
    int length = context(model, saes);
    boolean withBos = bos(saes);
    if (model.tokenizerFault().isPresent()) {
      throw model.tokenizerFault().get();
    }
    if (!model.hasTokenizer()) {
      throw wrongUsage("the model came without a tokenizer: give token ids with --tokens");
    }
    TextCorpus corpus = TextCorpus.of(files, model.tokenizer(), length).onNote(this::note);
    corpus = withBos ? corpus.withBos(bosToken(model)) : corpus;
    corpus = textKey.map(corpus::withTextKey).orElse(corpus);
    return Input.ofText(
        new Input.Source(files, textKey, column),
        column.map(corpus::withColumn).orElse(corpus),
        maxTokens,
        length,
        withBos);
  }

  private int bosToken(Model model) {
    return model
        .tokenizer()
        .bos()
        .orElseThrow(() -> wrongUsage("the model has no BOS token: use --no-bos"));
  }

  private int context(Model model, List<SaeConfig> saes) {
    if (context.isPresent()) {
      return requireContext(model, context.get());
    }
    int longest = model.shape().context();
    Optional<Integer> trained =
        agreed("context sizes", "--context", saes.stream().map(InputOptions::contextSize).toList());
    if (trained.isPresent() && trained.get() > longest) {
      throw wrongUsage(
          "the SAE was trained on %d tokens per sequence, the model takes %d: give --context"
              .formatted(trained.get(), longest));
    }
    return trained.orElse(Math.min(DEFAULT_CONTEXT, longest));
  }

  private int requireContext(Model model, int length) {
    int longest = model.shape().context();
    if (length < 2 || length > longest) {
      throw wrongUsage(
          "--context: expected 2 to %d, the model's context, found %d".formatted(longest, length));
    }
    return length;
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

  private void note(String note) {
    command.commandLine().getErr().println("note: " + note);
    command.commandLine().getErr().flush();
  }

  private ParameterException wrongUsage(String message) {
    return new ParameterException(command.commandLine(), message);
  }
}
