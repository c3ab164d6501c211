package org.sae4j.format.model;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.sae4j.format.FormatException;
import org.sae4j.format.container.JsonFields;

/**
 * Reads {@code tokenizer.json}, the file of the Hugging Face tokenizers library.
 *
 * <p>That library composes tokenizers from parts. Only the composition that GPT-2 uses is accepted:
 * anything else would split texts differently from what runs here.
 */
final class TokenizerJson {
  private TokenizerJson() {}

  static BytePairs read(Path file) throws IOException {
    JsonFields settings = JsonFields.read(file);
    if (settings.has("normalizer")) {
      throw refused(settings, "normalizer", "none");
    }
    checkPreTokenizer(settings);
    JsonFields model = settings.requireObject("model");
    checkModel(model);
    return new BytePairs(
        file,
        BytePairs.readIds(model.requireObject("vocab")),
        file,
        readMerges(model),
        model.string("unk_token"),
        model.bool("fuse_unk").orElse(false),
        readAddedTokens(settings),
        readPrependedToken(settings));
  }

  private static void checkModel(JsonFields model) throws FormatException {
    String type = model.string("type").orElse("BPE"); // old files do not say it
    if (!type.equals("BPE")) {
      throw model.mismatch("type", "BPE", type);
    }
    expect(model, "byte_fallback", false);
    expect(model, "ignore_merges", false);
    expectEmpty(model, "continuing_subword_prefix");
    expectEmpty(model, "end_of_word_suffix");
    if (model.number("dropout").orElse(0) != 0) {
      throw model.mismatch("dropout", "none");
    }
  }

  private static void checkPreTokenizer(JsonFields settings) throws FormatException {
    JsonFields preTokenizer = settings.requireObject("pre_tokenizer");
    if (!preTokenizer.requireString("type").equals("ByteLevel")) {
      throw refused(settings, "pre_tokenizer", "ByteLevel");
    }
    expect(preTokenizer, "use_regex", true);
    expect(preTokenizer, "add_prefix_space", false);
  }

  private static List<String> readMerges(JsonFields model) throws FormatException {
    List<String> merges = new ArrayList<>();
    for (JsonElement merge : model.requireArray("merges")) {
      Optional<String> text = mergeText(merge);
      if (text.isEmpty()) {
        throw model.mismatch("merges[" + merges.size() + "]", "two tokens", merge);
      }
      merges.add(text.get());
    }
    return merges;
  }

  /** Understands both spellings: {@code "a b"}, and {@code ["a", "b"]} of newer files. */
  private static Optional<String> mergeText(JsonElement merge) {
    if (JsonFields.isString(merge)) {
      return Optional.of(merge.getAsString());
    }
    if (!merge.isJsonArray()) {
      return Optional.empty();
    }
    JsonArray pair = merge.getAsJsonArray();
    return pair.size() == 2 && JsonFields.isString(pair.get(0)) && JsonFields.isString(pair.get(1))
        ? Optional.of(pair.get(0).getAsString() + " " + pair.get(1).getAsString())
        : Optional.empty();
  }

  private static List<AddedToken> readAddedTokens(JsonFields settings) throws FormatException {
    List<AddedToken> added = new ArrayList<>();
    for (JsonFields token : settings.objects("added_tokens")) {
      int id = token.requireInteger("id", Integer.MIN_VALUE);
      added.add(SpecialTokenFiles.addedToken(token, id, false));
    }
    return added;
  }

  private static Optional<String> readPrependedToken(JsonFields settings) throws FormatException {
    Optional<String> prepended = Optional.empty();
    for (JsonFields step : postProcessors(settings)) {
      String type = step.requireString("type");
      if (type.equals("TemplateProcessing")) {
        prepended = prependedToken(step);
      } else if (!type.equals("ByteLevel")) {
        throw step.mismatch("type", "ByteLevel or TemplateProcessing", type);
      }
    }
    return prepended;
  }

  private static List<JsonFields> postProcessors(JsonFields settings) throws FormatException {
    if (!settings.has("post_processor")) {
      return List.of();
    }
    JsonFields processor = settings.requireObject("post_processor");
    return processor.requireString("type").equals("Sequence")
        ? processor.objects("processors")
        : List.of(processor);
  }

  /** Returns the token before the text in a template that adds nothing else. */
  private static Optional<String> prependedToken(JsonFields template) throws FormatException {
    List<JsonFields> pieces = template.objects("single");
    int last = pieces.size() - 1;
    if (last >= 0 && last <= 1 && pieces.get(last).has("Sequence")) {
      if (last == 0) {
        return Optional.empty();
      }
      if (pieces.get(0).has("SpecialToken")) {
        return Optional.of(pieces.get(0).requireObject("SpecialToken").requireString("id"));
      }
    }
    throw refused(template, "single", "the text, with at most one token before it");
  }

  private static void expect(JsonFields settings, String key, boolean usual)
      throws FormatException {
    if (settings.bool(key).orElse(usual) != usual) {
      throw settings.mismatch(key, usual + ", as in GPT-2's tokenizer");
    }
  }

  private static void expectEmpty(JsonFields settings, String key) throws FormatException {
    if (!settings.string(key).orElse("").isEmpty()) {
      throw settings.mismatch(key, "none");
    }
  }

  private static FormatException refused(JsonFields settings, String key, String expected) {
    return settings
        .value(key)
        .filter(value -> value instanceof JsonObject object && object.has("type"))
        .map(value -> settings.mismatch(key, expected, value.getAsJsonObject().get("type")))
        .orElseGet(() -> settings.mismatch(key, expected));
  }
}
