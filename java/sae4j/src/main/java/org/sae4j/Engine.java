package org.sae4j;

import static org.sae4j.engine.global.sae4j.SAE4J_BAD_ARGUMENT;
import static org.sae4j.engine.global.sae4j.SAE4J_BAD_FILE;
import static org.sae4j.engine.global.sae4j.SAE4J_BUSY;
import static org.sae4j.engine.global.sae4j.SAE4J_IO_ERROR;
import static org.sae4j.engine.global.sae4j.SAE4J_NOT_FINITE;
import static org.sae4j.engine.global.sae4j.SAE4J_OK;
import static org.sae4j.engine.global.sae4j.SAE4J_OUT_OF_MEMORY;
import static org.sae4j.engine.global.sae4j.sae4j_last_error;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.bytedeco.javacpp.BytePointer;
import org.sae4j.engine.loader.NativeEngine;
import org.sae4j.format.FormatException;

/** The native engine: loaded once, its status codes turned into exceptions here and only here. */
public final class Engine {
  private Engine() {}

  /** Loads the engine if it is not yet; nothing of it may be touched before. */
  public static void load() {
    NativeEngine.load();
  }

  /** Returns if a call went well, else throws what its status stands for. */
  static void check(int status) {
    if (status != SAE4J_OK) {
      throw failure(status, lastError());
    }
  }

  /** The same for a call whose input came from a file, so that bad input is the file's fault. */
  static void check(int status, Path file) throws IOException {
    if (status == SAE4J_OK) {
      return;
    }
    String named = file + ": "; // which the engine may have said
    String message = lastError();
    message = message.startsWith(named) ? message.substring(named.length()) : message;
    if (status == SAE4J_BAD_FILE || status == SAE4J_BAD_ARGUMENT || status == SAE4J_NOT_FINITE) {
      throw FormatException.of(file, message);
    }
    if (status == SAE4J_IO_ERROR) {
      throw new IOException(named + message);
    }
    throw failure(status, message);
  }

  private static RuntimeException failure(int status, String message) {
    if (status == SAE4J_BAD_ARGUMENT || status == SAE4J_BAD_FILE) {
      return new IllegalArgumentException(message);
    }
    if (status == SAE4J_IO_ERROR) {
      return new UncheckedIOException(new IOException(message));
    }
    if (status == SAE4J_NOT_FINITE) {
      return new NotFiniteException(message);
    }
    if (status == SAE4J_BUSY) {
      return new IllegalStateException(message);
    }
    if (status == SAE4J_OUT_OF_MEMORY) {
      throw new OutOfMemoryError(message);
    }
    throw new AssertionError("a defect of sae4j, status " + status + ": " + message);
  }

  private static String lastError() {
    BytePointer message = sae4j_last_error();
    return message == null || message.isNull() ? "no reason given" : utf8(message);
  }

  /** Reads a string that ends with a zero byte. */
  static String utf8(BytePointer chars) {
    return new String(chars.getStringBytes(), StandardCharsets.UTF_8);
  }
}
