package org.sae4j.tokens;

import java.io.IOException;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalLong;

/** The beginning of a corpus. */
record FirstTokens(Corpus corpus, long maxTokens) implements Corpus {

  FirstTokens {
    if (maxTokens < 1) {
      throw new IllegalArgumentException("maxTokens must be at least 1, not " + maxTokens);
    }
  }

  @Override
  public OptionalLong knownTokens() {
    OptionalLong all = corpus.knownTokens();
    return all.isPresent() ? OptionalLong.of(Math.min(all.getAsLong(), maxTokens)) : all;
  }

  @Override
  public Reading open() throws IOException {
    Reading all = corpus.open();
    return new Reading() {
      private long room = maxTokens;

      @Override
      public Optional<int[]> next() throws IOException {
        if (room == 0) {
          return Optional.empty();
        }
        int fits = (int) Math.min(room, Integer.MAX_VALUE);
        Optional<int[]> next =
            all.next().map(ids -> ids.length <= fits ? ids : Arrays.copyOf(ids, fits));
        room -= next.map(ids -> ids.length).orElse(0);
        return next;
      }

      @Override
      public void close() throws IOException {
        all.close();
      }
    };
  }
}
