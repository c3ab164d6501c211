package org.sae4j.format.model;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.sae4j.format.FormatException;
import org.sae4j.format.container.JsonSettings;

/**
 * Reads {@code tokenizer.json}, the file of the Hugging Face tokenizers library.
 *
 * <p>That library composes tokenizers from parts. Only the composition that GPT-2 uses is accepted:
 * anything else would split texts differently from what runs here.
 */
final class TokenizerJson {
  private TokenizerJson() {}

  static BytePairs read(Path file) throws IOException {
    JsonSettings settings = JsonSettings.read(file);
    if (settings.has("normalizer")) {
      throw refused(settings, "normalizer", "none");
    }
    checkPreTokenizer(settings);
    JsonSettings model = settings.object("model");
    checkModel(model);
    return new BytePairs(
        file,
        BytePairs.readIds(model.object("vocab")),
        file,
        readMerges(model),
        model.has("unk_token") ? Optional.of(model.text("unk_token")) : Optional.empty(),
        model.flag("fuse_unk", false),
        readAddedTokens(settings),
        readPrependedToken(settings));
  }

  private static void checkModel(JsonSettings model) throws FormatException {
    String type = model.text("type", "BPE"); // old files do not say it
    if (!type.equals("BPE")) {
      throw model.unexpected("type", "BPE", type);
    }
    expect(model, "byte_fallback", false);
    expect(model, "ignore_merges", false);
    expectEmpty(model, "continuing_subword_prefix");
    expectEmpty(model, "end_of_word_suffix");
    if (model.number("dropout", 0) != 0) {
      throw model.unexpected("dropout", "none", model.object().get("dropout").toString());
    }
  }

  private static void checkPreTokenizer(JsonSettings settings) throws FormatException {
    JsonSettings preTokenizer = settings.object("pre_tokenizer");
    if (!preTokenizer.text("type").equals("ByteLevel")) {
      throw refused(settings, "pre_tokenizer", "ByteLevel");
    }
    expect(preTokenizer, "use_regex", true);
    expect(preTokenizer, "add_prefix_space", false);
  }

  private static List<String> readMerges(JsonSettings model) throws FormatException {
    List<String> merges = new ArrayList<>();
    for (JsonElement merge : model.array("merges")) {
      Optional<String> text = mergeText(merge);
      if (text.isEmpty()) {
        throw model.unexpected(
            "merges[" + merges.size() + "]", "two tokens", JsonSettings.summary(merge));
      }
      merges.add(text.get());
    }
    return merges;
  }

  /** Understands both spellings: {@code "a b"}, and {@code ["a", "b"]} of newer files. */
  private static Optional<String> mergeText(JsonElement merge) {
    if (isString(merge)) {
      return Optional.of(merge.getAsString());
    }
    if (!merge.isJsonArray()) {
      return Optional.empty();
    }
    JsonArray pair = merge.getAsJsonArray();
    return pair.size() == 2 && isString(pair.get(0)) && isString(pair.get(1))
        ? Optional.of(pair.get(0).getAsString() + " " + pair.get(1).getAsString())
        : Optional.empty();
  }

  private static boolean isString(JsonElement element) {
    return element.isJsonPrimitive() && element.getAsJsonPrimitive().isString();
  }

  private static List<AddedToken> readAddedTokens(JsonSettings settings) throws FormatException {
    List<AddedToken> added = new ArrayList<>();
    if (settings.has("added_tokens")) {
      for (JsonSettings token : settings.objects("added_tokens")) {
        added.add(SpecialTokenFiles.addedToken(token, token.integer("id"), false));
      }
    }
    return added;
  }

  private static Optional<String> readPrependedToken(JsonSettings settings) throws FormatException {
    Optional<String> prepended = Optional.empty();
    for (JsonSettings step : postProcessors(settings)) {
      String type = step.text("type");
      if (type.equals("TemplateProcessing")) {
        prepended = prependedToken(step);
      } else if (!type.equals("ByteLevel")) {
        throw step.unexpected("type", "ByteLevel or TemplateProcessing", type);
      }
    }
    return prepended;
  }

  private static List<JsonSettings> postProcessors(JsonSettings settings) throws FormatException {
    if (!settings.has("post_processor")) {
      return List.of();
    }
    JsonSettings processor = settings.object("post_processor");
    return processor.text("type").equals("Sequence")
        ? processor.objects("processors")
        : List.of(processor);
  }

  /** Returns the token before the text in a template that adds nothing else. */
  private static Optional<String> prependedToken(JsonSettings template) throws FormatException {
    List<JsonSettings> pieces = template.objects("single");
    int last = pieces.size() - 1;
    if (last >= 0 && last <= 1 && pieces.get(last).has("Sequence")) {
      if (last == 0) {
        return Optional.empty();
      }
      if (pieces.get(0).has("SpecialToken")) {
        return Optional.of(pieces.get(0).object("SpecialToken").text("id"));
      }
    }
    throw refused(template, "single", "the text, with at most one token before it");
  }

  private static void expect(JsonSettings settings, String name, boolean usual)
      throws FormatException {
    if (settings.flag(name, usual) != usual) {
      throw settings.unexpected(name, usual + ", as in GPT-2's tokenizer", String.valueOf(!usual));
    }
  }

  private static void expectEmpty(JsonSettings settings, String name) throws FormatException {
    String value = settings.text(name, "");
    if (!value.isEmpty()) {
      throw settings.unexpected(name, "none", "\"" + value + "\"");
    }
  }

  private static FormatException refused(JsonSettings settings, String name, String expected) {
    JsonElement value = settings.object().get(name);
    String found =
        value.isJsonObject() && value.getAsJsonObject().has("type")
            ? value.getAsJsonObject().get("type").toString()
            : JsonSettings.summary(value);
    return settings.unexpected(name, expected, found);
  }
}
