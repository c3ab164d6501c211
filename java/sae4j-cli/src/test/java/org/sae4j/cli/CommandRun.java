package org.sae4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import org.sae4j.testing.Jvm;

/**
 * A command that has run in this process.
 *
 * @param exitCode what the process would have ended with
 * @param out what it printed
 * @param err what it complained
 */
public record CommandRun(int exitCode, String out, String err) {

  public static CommandRun of(String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int exitCode = Main.run(new PrintWriter(out), new PrintWriter(err), args);
    return new CommandRun(exitCode, out.toString(), err.toString());
  }

  /** A command that will run in a JVM of its own. */
  public static Jvm jvm(String... args) {
    return Jvm.of(Main.class, args);
  }

  /** The arguments of a command and more of them. */
  public static String[] args(List<String> first, String... more) {
    List<String> all = new ArrayList<>(first);
    all.addAll(List.of(more));
    return all.toArray(String[]::new);
  }

  /** What the document has of its only SAE. */
  public static JsonObject onlySae(JsonObject document) {
    JsonArray saes = document.getAsJsonObject("results").getAsJsonArray("saes");
    assertThat(saes).hasSize(1);
    return saes.get(0).getAsJsonObject();
  }

  /** Reads standard output as the one JSON document that it has to be. */
  public JsonObject json() {
    return JsonParser.parseString(out).getAsJsonObject();
  }
}
