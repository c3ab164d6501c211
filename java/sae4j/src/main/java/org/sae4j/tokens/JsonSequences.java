package org.sae4j.tokens;

import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.MalformedJsonException;
import java.io.EOFException;
import java.io.IOException;
import java.io.Reader;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.sae4j.format.FormatException;
import org.sae4j.format.container.StrictJson;

/** Reads token ids in JSON, {@code [[id, id, …], …]}, one sequence at a time. */
public final class JsonSequences implements Corpus.Reading {
  /** Far above any model's context, and far below what would exhaust the heap. */
  private static final int LONGEST = 1 << 22;

  private final Path file;
  private final JsonReader json;
  private int sequence;
  private boolean ended;

  /**
   * Begins to read.
   *
   * @param file what messages call it
   * @param text its text, which this closes
   */
  public JsonSequences(Path file, Reader text) {
    this.file = file;
    json = new JsonReader(text);
    json.setStrictness(Strictness.STRICT);
  }

  @Override
  public Optional<int[]> next() throws IOException {
    try {
      return ended ? Optional.empty() : read();
    } catch (MalformedJsonException | CharacterCodingException | EOFException e) {
      throw FormatException.of(file, "expected JSON, [[id, …], …]: " + StrictJson.said(e), e);
    } catch (IllegalStateException | NumberFormatException e) {
      throw FormatException.of(file, "expected [[id, …], …]: " + StrictJson.said(e), e);
    }
  }

  private Optional<int[]> read() throws IOException {
    if (sequence == 0) {
      json.beginArray();
    }
    if (json.hasNext()) {
      int[] ids = ids();
      sequence++;
      return Optional.of(ids);
    }
    json.endArray();
    if (json.peek() != JsonToken.END_DOCUMENT) {
      throw foundElse();
    }
    ended = true;
    if (sequence == 0) {
      throw FormatException.of(file, "expected [[id, …], …]: there is no sequence");
    }
    return Optional.empty();
  }

  private int[] ids() throws IOException {
    int[] ids = new int[64];
    int length = 0;
    json.beginArray();
    while (json.hasNext()) {
      if (json.peek() != JsonToken.NUMBER) {
        throw foundElse();
      }
      if (length == LONGEST) {
        throw FormatException.mismatch(
            file, "sequence " + sequence, "at most " + LONGEST + " ids", "more");
      }
      ids = length < ids.length ? ids : Arrays.copyOf(ids, 2 * length);
      ids[length++] = json.nextInt();
    }
    json.endArray();
    if (length == 0) {
      throw FormatException.of(file, "expected [[id, …], …]: sequence " + sequence + " is empty");
    }
    return Arrays.copyOf(ids, length);
  }

  private FormatException foundElse() {
    return FormatException.of(
        file, "expected [[id, …], …], found something else at " + json.getPath());
  }

  @Override
  public void close() throws IOException {
    json.close();
  }
}
