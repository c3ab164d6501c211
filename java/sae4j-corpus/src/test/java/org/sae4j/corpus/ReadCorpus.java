package org.sae4j.corpus;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.sae4j.Model;
import org.sae4j.tokens.Corpus;

/** Reads a corpus to its end: {@code MODEL text|tokens FILE…}. */
final class ReadCorpus {
  private ReadCorpus() {}

  public static void main(String[] args) throws IOException {
    List<Path> files = Arrays.stream(args).skip(2).map(Path::of).toList();
    try (Model model = Model.open(Path.of(args[0]))) {
      long start = System.nanoTime();
      Corpus corpus =
          args[1].equals("text")
              ? TextCorpus.of(files, model.tokenizer(), 64)
              : TokenCorpus.of(files, model.shape());
      long tokens = 0;
      try (Corpus.Reading reading = corpus.open()) {
        Optional<int[]> next = reading.next();
        while (next.isPresent()) {
          tokens += next.get().length;
          next = reading.next();
        }
      }
      double seconds = (System.nanoTime() - start) / 1e9;
      System.out.printf(
          Locale.ROOT,
          "%s: %,d tokens in %.1f s, heap of at most %d MB%n",
          files,
          tokens,
          seconds,
          Runtime.getRuntime().maxMemory() >> 20);
    }
  }
}
