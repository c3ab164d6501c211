package org.sae4j.cli.files;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.sae4j.format.container.DType;
import org.sae4j.format.container.SafetensorsWriter;
import org.sae4j.results.JsonDocument;

/** Writes a safetensors file and describes it. */
public final class TensorFile {
  private final Path path;
  private final SafetensorsWriter writer = new SafetensorsWriter();
  private final Map<String, long[]> shapes = new LinkedHashMap<>();

  /**
   * Prepares the file.
   *
   * @param document whose options the file carries
   */
  public TensorFile(Path path, JsonDocument document) {
    this.path = path;
    writer.metadata("sae4j", document.optionsText());
  }

  public TensorFile tensor(String name, DType dtype, long... shape) {
    writer.tensor(name, dtype, shape);
    shapes.put(name, shape);
    return this;
  }

  /** Writes the tensors and returns what there is to say about them. */
  public JsonObject write(SafetensorsWriter.Content content, long tokens) throws IOException {
    long start = System.nanoTime();
    writer.write(path, content);
    double seconds = (System.nanoTime() - start) / 1e9;
    JsonObject tensors = new JsonObject();
    shapes.forEach(
        (name, shape) -> {
          JsonArray sizes = new JsonArray();
          Arrays.stream(shape).forEach(sizes::add);
          tensors.add(name, sizes);
        });
    JsonObject results = new JsonObject();
    results.addProperty("output", path.toString());
    results.add("tensors", tensors);
    results.addProperty("tokens", tokens);
    results.addProperty("seconds", seconds);
    results.addProperty("tokens_per_second", tokens / seconds);
    return results;
  }

  public void print(PrintWriter out) {
    out.println("wrote " + path);
    shapes.forEach((name, shape) -> out.println("  " + name + "  " + Arrays.toString(shape)));
  }
}
