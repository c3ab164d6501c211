package org.sae4j.cli.inspect;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** The tensors that {@code inspect} lists. */
final class TensorSummary {
  private final Map<String, Integer> byType = new TreeMap<>();
  private final JsonArray json = new JsonArray();
  private long elements;

  void add(String name, String type, List<Long> shape, long elementCount) {
    byType.merge(type, 1, Integer::sum);
    elements += elementCount;
    JsonArray sizes = new JsonArray();
    shape.forEach(sizes::add);
    JsonObject tensor = new JsonObject();
    tensor.addProperty("name", name);
    tensor.addProperty("dtype", type);
    tensor.add("shape", sizes);
    json.add(tensor);
  }

  /** How many tensors there are of each type. */
  String text() {
    return byType.entrySet().stream()
        .map(entry -> entry.getValue() + " " + entry.getKey())
        .collect(Collectors.joining(", ", "", " tensors"));
  }

  /** How many numbers all of them hold. */
  long elements() {
    return elements;
  }

  JsonArray json() {
    return json;
  }
}
