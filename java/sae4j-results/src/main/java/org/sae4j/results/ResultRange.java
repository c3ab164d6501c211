package org.sae4j.results;

import com.google.gson.JsonObject;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.DoublePredicate;
import org.sae4j.eval.Metric;
import org.sae4j.format.container.JsonFields;

/** The range that numbers of a key have; what sae4j never writes, it does not read. */
public enum ResultRange {
  COUNT("a whole number from 0", x -> x >= 0 && x == Math.rint(x)),
  FROM_ZERO("a number from 0", x -> x >= 0),
  /** Rounding may take one that is 0 a little below. */
  NATS("nats from 0", x -> x >= -1e-3),
  SHARE("0 to 1", x -> x >= 0 && x <= 1),
  UP_TO_ONE("at most 1", x -> x <= 1),
  COSINE("-1 to 1", x -> Math.abs(x) <= 1 + 1e-6);

  private static final Map<String, ResultRange> BY_KEY = new HashMap<>();

  static {
    put(COUNT, "tokens", "sequences", "pairs", "skipped", "below_noise", "compared", "targeted");
    put(COUNT, "counts", "dead", "fires", "latent", "channel", "sequence", "position", "id");
    put(COUNT, "top_up", "top_down", "d_in", "d_out", "d_sae", "future");
    put(FROM_ZERO, "seconds", "tokens_per_second", "from", "to", "k");
    put(FROM_ZERO, "effective_tokens", "max_activation");
    put(NATS, "kl_by_position");
    put(SHARE, "density", "sparsity", "row_sparsity");
    put(SHARE, "mean", "median", "row_mean");
    for (Metric metric : Metric.values()) {
      of(metric).ifPresent(range -> put(range, metric.key()));
    }
  }

  private static Optional<ResultRange> of(Metric metric) {
    return switch (metric.kind()) {
      case ANY, SIGNED -> Optional.empty();
      case NATS -> Optional.of(NATS);
      case FROM_ZERO -> Optional.of(FROM_ZERO);
      case UP_TO_ONE -> Optional.of(UP_TO_ONE);
      case COSINE -> Optional.of(COSINE);
      case SHARE -> Optional.of(SHARE);
    };
  }

  private final String text;
  private final DoublePredicate contains;

  ResultRange(String text, DoublePredicate contains) {
    this.text = text;
    this.contains = contains;
  }

  private static void put(ResultRange range, String... keys) {
    List.of(keys).forEach(key -> BY_KEY.put(key, range));
  }

  /**
   * An object of results, which refuses numbers that its keys cannot have.
   *
   * @param prefix where it stands in the file, with a dot at the end unless empty
   */
  public static JsonFields check(Path file, String prefix, JsonObject json) {
    return new JsonFields(file, prefix, json, ResultRange::broken);
  }

  /** What is expected of a finite number with this key, if this one is not that. */
  private static Optional<String> broken(String key, double value) {
    return Optional.ofNullable(BY_KEY.get(key))
        .filter(range -> !range.contains.test(value))
        .map(range -> range.text);
  }
}
