package org.sae4j.cli.files;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.sae4j.format.FormatException;

/** Compares the headers of two runs, of which one is to continue the other. */
public final class SameRun {
  private final List<String> found = new ArrayList<>();

  private SameRun() {}

  /**
   * Fails unless the headers are equal, and says what was there and what is there now.
   *
   * @param file what the earlier run left
   */
  public static void require(Path file, JsonObject before, JsonObject now) throws FormatException {
    SameRun differences = new SameRun();
    differences.compare("", before, now);
    if (!differences.found.isEmpty()) {
      throw FormatException.of(
          file, "--resume needs the same run again: " + String.join("; ", differences.found));
    }
  }

  private void compare(String path, JsonElement before, JsonElement now) {
    if (before instanceof JsonObject a && now instanceof JsonObject b) {
      compareMembers(path.isEmpty() ? "" : path + ".", a, b);
    } else if (isOneSize(before, now)) {
      compareItems(path, before.getAsJsonArray(), now.getAsJsonArray());
    } else if (!Objects.equals(before, now)) {
      found.add("%s was %s, is %s".formatted(path, text(before), text(now)));
    }
  }

  private void compareMembers(String path, JsonObject before, JsonObject now) {
    Set<String> keys = new LinkedHashSet<>(now.keySet());
    keys.addAll(before.keySet());
    keys.forEach(key -> compare(path + key, before.get(key), now.get(key)));
  }

  private static boolean isOneSize(JsonElement before, JsonElement now) {
    return before instanceof JsonArray a && now instanceof JsonArray b && a.size() == b.size();
  }

  private void compareItems(String path, JsonArray before, JsonArray now) {
    for (int i = 0; i < now.size(); i++) {
      compare(path + "[" + i + "]", before.get(i), now.get(i));
    }
  }

  private static String text(JsonElement value) {
    return value == null ? "not there" : value.toString();
  }
}
