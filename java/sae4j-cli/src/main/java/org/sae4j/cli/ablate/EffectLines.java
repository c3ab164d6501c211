package org.sae4j.cli.ablate;

import com.google.gson.JsonObject;
import java.io.Closeable;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import org.sae4j.ablation.AblationEffect;
import org.sae4j.cli.files.GrowingFile;
import org.sae4j.format.container.AtomicFile;
import org.sae4j.results.AblationJson;
import org.sae4j.results.EffectJson;
import org.sae4j.results.JsonDocument;

/**
 * Writes effects as they come, one per line.
 *
 * <p>The first line is the document without its results, the last {@code {"results": …}} without
 * the effects.
 */
final class EffectLines implements EffectsOutput {
  private final GrowingFile file;
  private final EarlierRun earlier;
  private final EffectJson format;
  private final List<Path> saes;
  private final CountedDocument document;
  private boolean begun;
  private boolean worthKeeping;

  private EffectLines(
      GrowingFile file,
      CountedDocument document,
      EarlierRun earlier,
      EffectJson format,
      List<Path> saes) {
    this.file = file;
    this.document = document;
    this.begun = earlier.header().isPresent();
    this.earlier = earlier;
    this.format = format;
    this.saes = saes;
    this.worthKeeping = !earlier.isEmpty();
  }

  /**
   * Begins a file.
   *
   * @throws IOException if an earlier run left one behind
   */
  static EffectLines begin(
      Path target, CountedDocument document, EffectJson format, List<Path> saes)
      throws IOException {
    try (GrowingFile file = new GrowingFile(target)) {
      EarlierRun earlier = EarlierRun.read(file.path(), file::content, format);
      if (!earlier.isEmpty()) {
        throw new IOException(
            file.path() + ": left behind by an unfinished run: give --resume, or delete it");
      }
      file.truncate(0);
    }
    return open(target, document, format, saes);
  }

  /**
   * Goes on with the file of an earlier run, or begins it if there is none.
   *
   * @throws IOException if that was another run
   */
  static EffectLines resume(
      Path target, CountedDocument document, EffectJson format, List<Path> saes)
      throws IOException {
    // Until the file itself is locked: two processes would move it.
    try (Closeable reserved = AtomicFile.reserve(target)) {
      Path part = GrowingFile.part(target);
      if (Files.notExists(part) && Files.exists(target)) {
        EarlierRun.read(target, () -> new FileInputStream(target.toFile()), format)
            .requireSame(document.get().header());
        Files.move(target, part, StandardCopyOption.ATOMIC_MOVE);
      }
      return open(target, document, format, saes);
    }
  }

  private static EffectLines open(
      Path target, CountedDocument document, EffectJson format, List<Path> saes)
      throws IOException {
    GrowingFile file = new GrowingFile(target);
    try {
      EarlierRun earlier = EarlierRun.read(file.path(), file::content, format);
      if (earlier.header().isPresent()) {
        earlier.requireSame(document.get().header());
      }
      file.truncate(earlier.keptBytes());
      return new EffectLines(file, document, earlier, format, saes);
    } catch (Throwable e) {
      file.close();
      throw e;
    }
  }

  @Override
  public Iterable<AblationEffect> earlier() {
    return earlier;
  }

  @Override
  public void add(AblationEffect effect) {
    try {
      append(format.named(effect));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void append(JsonObject line) throws IOException {
    begin();
    file.append(JsonDocument.line(line));
  }

  /** Not before there is something to tell: to say how much input there is, it has to be read. */
  private void begin() throws IOException {
    if (!begun) {
      file.append(JsonDocument.line(document.get().header()));
      begun = true;
    }
  }

  @Override
  public void tokenDone() {
    try {
      begin();
      file.flush();
      worthKeeping = true;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void write(AblationFindings findings) throws IOException {
    JsonObject last = new JsonObject();
    last.add("results", AblationJson.of(saes, findings.summaries(), findings.interruption()));
    append(last);
    file.complete();
    worthKeeping = true;
  }

  @Override
  public void close() throws IOException {
    file.close();
    if (!worthKeeping) {
      Files.deleteIfExists(file.path());
    }
  }
}
