package org.sae4j.results;

import com.google.gson.FormattingStyle;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.stream.JsonWriter;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.Map;

/** Formats JSON for people: one member per line, and an array of numbers on one line. */
final class IndentedJson {
  private static final FormattingStyle ONE_LINE =
      FormattingStyle.COMPACT.withSpaceAfterSeparators(true);

  private final StringWriter text = new StringWriter();
  private final JsonWriter out = new JsonWriter(text);

  private IndentedJson() {
    out.setFormattingStyle(FormattingStyle.PRETTY);
  }

  static String of(JsonElement json) {
    IndentedJson writer = new IndentedJson();
    try {
      writer.write(json);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return writer.text.toString();
  }

  private void write(JsonElement json) throws IOException {
    if (json instanceof JsonObject object) {
      out.beginObject();
      for (Map.Entry<String, JsonElement> member : object.entrySet()) {
        out.name(member.getKey());
        write(member.getValue());
      }
      out.endObject();
    } else if (json instanceof JsonArray array) {
      write(array);
    } else {
      JsonDocument.ONE_LINE.toJson(json, out);
    }
  }

  private void write(JsonArray array) throws IOException {
    out.beginArray();
    out.setFormattingStyle(isOfNumbers(array) ? ONE_LINE : FormattingStyle.PRETTY);
    for (JsonElement element : array) {
      write(element);
    }
    out.endArray();
    out.setFormattingStyle(FormattingStyle.PRETTY);
  }

  private static boolean isOfNumbers(JsonArray array) {
    for (JsonElement element : array) {
      boolean isNumber = element.isJsonPrimitive() && element.getAsJsonPrimitive().isNumber();
      if (!isNumber && !element.isJsonNull()) {
        return false;
      }
    }
    return true;
  }
}
