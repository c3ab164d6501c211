package org.sae4j.bench;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.sae4j.Latents;
import org.sae4j.Model;
import org.sae4j.Precision;
import org.sae4j.RunOptions;
import org.sae4j.Sae;
import org.sae4j.Session;
import org.sae4j.SessionOptions;
import org.sae4j.ablation.Ablation;
import org.sae4j.ablation.AblationOptions;
import org.sae4j.eval.Evaluation;
import org.sae4j.eval.EvaluationOptions;
import org.sae4j.eval.MeanBaseline;
import org.sae4j.tokens.Positions;
import org.sae4j.tokens.Sequences;

/**
 * The same work as the Python tools, in one run, as a ratio.
 *
 * <p>Arguments: {@code --python INTERPRETER} (without it only our own side runs), {@code --threads
 * N}, {@code --rounds N}, {@code --only TEXT} (items whose name has it).
 */
public final class Beside {
  private static final int[] CONTEXTS = {64, 256, 1024};
  private static final int ABLATION_ROUNDS = 2; // a round of theirs takes minutes
  private static final int SAES = 10;

  private final Optional<Peer> peer;
  private final int threads;
  private final int rounds;
  private final String only;
  private final List<Comparison> done = new ArrayList<>();

  private Beside(Arguments arguments, Optional<Peer> peer) {
    this.peer = peer;
    this.threads = arguments.number("--threads", 2);
    this.rounds = arguments.number("--rounds", 5);
    this.only = arguments.text("--only").orElse("");
  }

  /** Compares and prints. */
  public static void main(String[] args) throws Exception {
    Arguments arguments = Arguments.parse(args, "--python", "--threads", "--rounds", "--only");
    Environment.print();
    Optional<String> python = arguments.text("--python");
    if (python.isEmpty()) {
      new Beside(arguments, Optional.empty()).run();
      return;
    }
    try (Peer peer = new Peer(python.get(), arguments.number("--threads", 2))) {
      System.out.println("beside  " + peer.versions());
      new Beside(arguments, Optional.of(peer)).run();
    }
  }

  private void run() throws Exception {
    System.out.printf("threads %d, rounds %d%n%n", threads, rounds);
    double peak = peak();
    try (SaeFolder folder = SaeFolder.gpt2Small();
        Sae sae = Sae.open(folder.path())) {
      try (Model model = Gpt2Small.model(Precision.F32);
          Session session = model.newSession(new SessionOptions(threads))) {
        forward(session);
        evaluation(model, sae, 2.6);
        evaluations(model, folder);
        encodeAndDecode(session, sae);
        ablation(model, sae, 64, 13);
        ablation(model, sae, 256, 60);
      }
      try (Model model = Gpt2Small.model(Precision.BF16)) {
        evaluation(model, sae, 4.5);
        ablation(model, sae, 64, 25);
        ablation(model, sae, 256, 115);
      }
    }
    List<String> steps = new ArrayList<>();
    List<String> ablations = new ArrayList<>();
    for (Precision precision : Precision.values()) {
      try (BareEngine engine = new BareEngine(precision, threads)) {
        steps.addAll(steps(precision, engine, peak));
        ablations.addAll(ablations(precision, engine, peak));
      }
    }
    print(Comparison.header(), done);
    print(Steps.header(), steps);
    print(IndexAblation.Cost.header(), ablations);
  }

  private static void print(String header, List<?> lines) {
    if (!lines.isEmpty()) {
      System.out.println("\n" + header);
      lines.forEach(System.out::println);
    }
  }

  private boolean wanted(String name) {
    return name.contains(only);
  }

  /** The best that OpenBLAS reaches at any of the shapes, in GFLOP/s. */
  private double peak() throws Exception {
    double best = 0;
    System.out.println("OpenBLAS sgemm, GFLOP/s, each thread on its own slab of the weights");
    for (SgemmPeak.Product product : SgemmPeak.measure(threads, Math.max(5, rounds))) {
      System.out.println("  " + product);
      best = Math.max(best, product.gflops());
    }
    System.out.println();
    return best;
  }

  private void compare(Comparison.Item item, int rounds, Timing ours, Optional<Timing> theirs)
      throws Exception {
    if (wanted(item.name())) {
      Comparison comparison = Comparison.run(item, rounds, ours, theirs);
      System.out.println(comparison);
      done.add(comparison);
    }
  }

  private void compare(Comparison.Item item, Timing ours, String theirs) throws Exception {
    compare(item, rounds, ours, peers(theirs));
  }

  private Optional<Timing> peers(String item) {
    return peer.map(p -> p.item(item));
  }

  private void forward(Session session) throws Exception {
    Sequences tokens = Gpt2Small.sequences(Gpt2Small.SEQUENCES, Gpt2Small.LENGTH);
    Timing plain = Timing.of(() -> session.run(tokens));
    compare(Comparison.Item.tokens("forward, all logits, F32", 1.2), plain, "forward");

    float[] sum = new float[1];
    RunOptions observed =
        RunOptions.defaults().hook(Gpt2Small.HOOK, (point, x) -> sum[0] += x.row(0).get(0));
    compare(
        Comparison.Item.tokens("forward, hook observed / not observed", 0.97),
        rounds,
        Timing.of(() -> session.run(tokens, observed)),
        Optional.of(plain));
  }

  private void evaluation(Model model, Sae sae, double needed) throws Exception {
    compare(
        Comparison.Item.tokens("KL evaluation, TopK 32768, " + model.options().precision(), needed),
        evaluate(model, List.of(sae)),
        "kl");
  }

  /** Several SAEs at one activation share the clean run; the peers take one after another. */
  private void evaluations(Model model, SaeFolder folder) throws Exception {
    Comparison.Item shared = Comparison.Item.tokens("KL evaluation, one / ten SAEs, F32", 1 / 5.2);
    Comparison.Item all = Comparison.Item.seconds("KL evaluation, ten SAEs, F32", 5);
    if (!wanted(shared.name()) && !wanted(all.name())) {
      return; // their weights take 2 GB
    }
    List<Sae> saes = new ArrayList<>();
    try {
      for (int i = 0; i < SAES; i++) {
        saes.add(Sae.open(folder.path()));
      }
      Timing ten = evaluate(model, saes);
      compare(shared, rounds, ten, Optional.of(evaluate(model, saes.subList(0, 1))));
      compare(
          all,
          Math.min(rounds, ABLATION_ROUNDS),
          ten,
          peers("kl").map(kl -> () -> SAES * kl.seconds()));
    } finally {
      saes.forEach(Sae::close);
    }
  }

  private Timing evaluate(Model model, List<Sae> saes) {
    Sequences tokens = Gpt2Small.sequences(Gpt2Small.SEQUENCES, Gpt2Small.LENGTH);
    Evaluation evaluation =
        Evaluation.of(model, saes)
            .with(
                EvaluationOptions.defaults()
                    .withZeroBaseline(false)
                    .withMeanBaseline(MeanBaseline.none())
                    .withBatchTokens(Gpt2Small.TOKENS)
                    .withThreads(threads));
    return Timing.of(() -> evaluation.runAll(tokens));
  }

  private void encodeAndDecode(Session session, Sae sae) throws Exception {
    int floats = Gpt2Small.TOKENS * Gpt2Small.SHAPE.embedding();
    FloatBuffer x = direct(floats).put(Gpt2Small.normal(1, floats, 1)).flip();
    FloatBuffer out = direct(floats);
    compare(
        Comparison.Item.tokens("SAE encode", 0), Timing.of(() -> session.encode(sae, x)), "encode");
    compare(
        Comparison.Item.tokens("SAE encode + decode", 2.5),
        Timing.of(
            () -> {
              Latents latents = session.encode(sae, x);
              session.decode(sae, latents, out);
            }),
        "reconstruct");
  }

  private static FloatBuffer direct(int floats) {
    return ByteBuffer.allocateDirect(floats * Float.BYTES)
        .order(ByteOrder.nativeOrder())
        .asFloatBuffer();
  }

  private List<String> steps(Precision precision, BareEngine engine, double peak) {
    return wanted("steps") ? Steps.table(precision.name(), engine, rounds, peak) : List.of();
  }

  private void ablation(Model model, Sae sae, int context, double needed) throws Exception {
    Sequences tokens = Gpt2Small.sequences(1, context);
    Ablation ablation =
        Ablation.of(model, sae)
            .with(
                AblationOptions.defaults()
                    .withPositions(Positions.of(IndexAblation.indices(context)))
                    .withFuture(IndexAblation.FUTURE)
                    .withTopTokens(0)
                    .withThreads(threads));
    compare(
        Comparison.Item.each(
            "ablation of %d indices, context %d, %s"
                .formatted(IndexAblation.INDICES, context, model.options().precision()),
            IndexAblation.INDICES,
            "s/index",
            needed),
        Math.min(rounds, ABLATION_ROUNDS),
        Timing.of(() -> ablation.run(tokens)),
        peers("ablation " + context));
  }

  /** What an index costs with few and many active latents, near and far into a text. */
  private List<String> ablations(Precision precision, BareEngine engine, double peak) {
    List<String> lines = new ArrayList<>();
    if (wanted("cost of ablation")) {
      for (int k : new int[] {Gpt2Small.K, 8 * Gpt2Small.K}) {
        for (int context : CONTEXTS) {
          IndexAblation.run(engine, context, k);
          lines.add(IndexAblation.run(engine, context, k).line(precision.name(), peak));
        }
      }
    }
    return lines;
  }
}
