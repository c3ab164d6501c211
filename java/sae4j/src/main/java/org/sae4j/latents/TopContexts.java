package org.sae4j.latents;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.function.IntPredicate;
import org.sae4j.Latents;
import org.sae4j.pass.Archive;

/** The strongest contexts of latents so far, and how often they fired; the memory is bounded. */
public final class TopContexts {
  private static final Comparator<LatentContext> WEAKEST_FIRST =
      LatentContext.STRONGEST_FIRST.reversed();
  private static final Comparator<Firing> BY_LATENT =
      Comparator.comparingInt(Firing::latent)
          .thenComparing(Comparator.comparing(Firing::activation).reversed())
          .thenComparingInt(Firing::position);

  private final int count;
  private final int window;
  private final float[] bar; // [latents] what a firing has to exceed to be of interest
  private long[] fires; // [latents]
  private final Map<Integer, PriorityQueue<LatentContext>> kept = new HashMap<>();

  /** A latent that is active at a position of the sequence at hand. */
  private record Firing(int latent, int position, float activation) {}

  /**
   * Prepares to look.
   *
   * @param latents the number of latents of the SAE
   * @param wanted those whose contexts are kept
   * @param count contexts a latent
   * @param window tokens on either side
   */
  public TopContexts(int latents, IntPredicate wanted, int count, int window) {
    this.count = count;
    this.window = window;
    fires = new long[latents];
    bar = new float[latents];
    for (int i = 0; i < latents; i++) {
      bar[i] = wanted.test(i) ? 0 : Float.POSITIVE_INFINITY;
    }
  }

  /**
   * Looks at one sequence.
   *
   * @param sequence its index
   * @param tokens its tokens
   * @param z the latents of these tokens and others
   * @param first the index of the sequence's first token in {@code z}
   * @param counted [tokens of z] the tokens that count
   */
  void add(long sequence, int[] tokens, Latents z, int first, boolean[] counted) {
    List<Firing> firings = new ArrayList<>();
    for (int p = 0; p < tokens.length; p++) {
      if (!counted[first + p]) {
        continue;
      }
      for (int i = z.offsets()[first + p]; i < z.offsets()[first + p + 1]; i++) {
        int latent = z.indices()[i];
        fires[latent]++;
        // What is too weak for a context is too weak to outshine one.
        if (z.values()[i] > bar[latent]) {
          firings.add(new Firing(latent, p, z.values()[i]));
        }
      }
    }
    firings.sort(BY_LATENT);
    for (int from = 0, to; from < firings.size(); from = to) {
      to = from + 1;
      while (to < firings.size() && firings.get(to).latent() == firings.get(from).latent()) {
        to++;
      }
      keepPeaks(sequence, tokens, firings.subList(from, to));
    }
  }

  /** Keeps the firings of one latent, strongest first, that lie in no stronger one's context. */
  private void keepPeaks(long sequence, int[] tokens, List<Firing> firings) {
    boolean[] shown = new boolean[tokens.length];
    for (Firing firing : firings) {
      int p = firing.position();
      if (!shown[p] && firing.activation() > bar[firing.latent()]) {
        keep(firing.latent(), LatentContext.of(sequence, p, firing.activation(), tokens, window));
        int to = (int) Math.min(tokens.length, p + window + 1L);
        Arrays.fill(shown, Math.max(0, p - window), to, true);
      }
    }
  }

  private void keep(int latent, LatentContext context) {
    PriorityQueue<LatentContext> queue =
        kept.computeIfAbsent(latent, i -> new PriorityQueue<>(WEAKEST_FIRST));
    queue.add(context);
    if (queue.size() > count) {
      queue.remove();
    }
    if (queue.size() == count) {
      bar[latent] = queue.element().activation();
    }
  }

  /** The contexts of a latent, the strongest first. */
  List<LatentContext> of(int latent) {
    return kept.containsKey(latent)
        ? kept.get(latent).stream().sorted(LatentContext.STRONGEST_FIRST).toList()
        : List.of();
  }

  /** At how many counted tokens each latent was active, [latents]. */
  long[] fires() {
    return fires;
  }

  /** Fails if a context is of none of so many sequences. */
  void requireOf(long sequences) {
    for (PriorityQueue<LatentContext> contexts : kept.values()) {
      for (LatentContext context : contexts) {
        if (context.sequence() >= sequences) {
          throw new IllegalArgumentException(
              "expected contexts of %d sequences, found %s".formatted(sequences, context));
        }
      }
    }
  }

  /** Writes or reads all contexts; one that reads has none before. */
  void visit(Archive archive) {
    fires = archive.longs(fires);
    for (int latent = 0; latent < bar.length; latent++) {
      List<LatentContext> before = of(latent);
      long count = archive.number(before.size());
      for (int i = 0; i < count; i++) {
        if (i < before.size()) {
          archive.longs(before.get(i).numbers());
        } else {
          keep(latent, LatentContext.of(archive.longs(new long[0])));
        }
      }
    }
  }
}
