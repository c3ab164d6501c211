package org.sae4j.cli.ablate;

import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Optional;
import org.sae4j.ablation.AblationEffect;
import org.sae4j.cli.files.CompleteLines;
import org.sae4j.cli.files.SameRun;
import org.sae4j.cli.terminal.ProgressDisplay;
import org.sae4j.format.FormatException;
import org.sae4j.results.EffectJson;
import org.sae4j.results.JsonObjects;
import org.sae4j.results.ResultRange;

/**
 * The effects that an earlier run wrote, one per line.
 *
 * <p>The last token index may be incomplete: its effects are left out, and so is what follows them.
 *
 * @param file the file
 * @param content opens what is in it
 * @param header its first line; empty if not even that is complete
 * @param headerBytes how long that line is
 * @param keptBytes how much of the file is header and effects at token indices that are complete
 * @param format of its lines
 */
record EarlierRun(
    Path file,
    Content content,
    Optional<JsonObject> header,
    long headerBytes,
    long keptBytes,
    EffectJson format)
    implements Iterable<AblationEffect> {

  /** Opens the content of a file from its start. */
  @FunctionalInterface
  interface Content {
    InputStream open() throws IOException;
  }

  /** Finds out how far an earlier run came. */
  static EarlierRun read(Path file, Content content, EffectJson format) throws IOException {
    try (CompleteLines lines = new CompleteLines(content.open())) {
      Optional<String> first = lines.next();
      if (first.isEmpty()) {
        return new EarlierRun(file, content, Optional.empty(), 0, 0, format);
      }
      Optional<JsonObject> header = Optional.of(parse(file, first.get(), 0));
      long headerBytes = lines.end();
      long kept = lastToken(file, lines, format);
      return new EarlierRun(file, content, header, headerBytes, kept, format);
    }
  }

  /** Tells whether no effect is kept. */
  boolean isEmpty() {
    return keptBytes == headerBytes;
  }

  /**
   * Fails unless that run was the same as this one.
   *
   * @param now the header of this run
   */
  EarlierRun requireSame(JsonObject now) throws FormatException {
    SameRun.require(file, header.orElse(new JsonObject()), now);
    return this;
  }

  /** Where the effects at the last of the token indices begin. */
  private static long lastToken(Path file, CompleteLines lines, EffectJson format)
      throws IOException {
    long size = Files.size(file);
    long begin = lines.end();
    Optional<AblationEffect> last = Optional.empty();
    try (ProgressDisplay progress = new ProgressDisplay("resume", " MiB", 1 << 20)) {
      while (true) {
        long at = lines.end();
        Optional<String> line = lines.next();
        if (line.isEmpty()) {
          return begin;
        }
        JsonObject json = parse(file, line.get(), at);
        if (json.has("results")) {
          return begin;
        }
        AblationEffect effect = effect(file, json, at, format);
        if (last.filter(before -> isAtOneToken(before, effect)).isEmpty()) {
          begin = at;
        }
        last = Optional.of(effect);
        progress.update(lines.end(), size);
      }
    }
  }

  private static boolean isAtOneToken(AblationEffect a, AblationEffect b) {
    return a.sae() == b.sae() && a.sequence() == b.sequence() && a.position() == b.position();
  }

  private static JsonObject parse(Path file, String line, long at) throws FormatException {
    try {
      return JsonObjects.object(line);
    } catch (JsonParseException | IllegalStateException | IOException e) {
      throw FormatException.of(
          file, "byte " + at + ": expected a line of JSON: " + JsonObjects.said(e), e);
    }
  }

  private static AblationEffect effect(Path file, JsonObject json, long at, EffectJson format)
      throws FormatException {
    return format.read(ResultRange.check(file, "byte " + at + ": ", json));
  }

  /** The effects that are kept, read anew as they are asked for. */
  @Override
  public Iterator<AblationEffect> iterator() {
    if (isEmpty()) {
      return Collections.emptyIterator();
    }
    try {
      CompleteLines lines = new CompleteLines(content.open());
      lines.next();
      return new Kept(lines);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private final class Kept implements Iterator<AblationEffect> {
    private final CompleteLines lines;

    private Kept(CompleteLines lines) throws IOException {
      this.lines = lines;
      closeAtEnd();
    }

    private void closeAtEnd() throws IOException {
      if (!hasNext()) {
        lines.close();
      }
    }

    @Override
    public boolean hasNext() {
      return lines.end() < keptBytes;
    }

    @Override
    public AblationEffect next() {
      try {
        long at = lines.end();
        String line = lines.next().orElseThrow(NoSuchElementException::new);
        AblationEffect effect = effect(file, parse(file, line, at), at, format);
        closeAtEnd();
        return effect;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
