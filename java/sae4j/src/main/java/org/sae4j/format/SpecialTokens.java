package org.sae4j.format;

import com.google.gson.JsonElement;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.sae4j.FormatException;

/**
 * What {@code tokenizer_config.json} and {@code special_tokens_map.json} add to a vocabulary.
 *
 * @param bos the token that begins a text, if named
 * @param eos the token that ends a text, if named
 * @param all every token named for some role; no text contains it
 * @param added tokens that stand here with their numbers
 * @param tokenizerClass the Python class that splits texts, if named
 * @param addsBos whether a text is to begin with {@code bos}
 */
record SpecialTokens(
    Optional<String> bos,
    Optional<String> eos,
    Set<String> all,
    List<AddedToken> added,
    Optional<String> tokenizerClass,
    boolean addsBos) {

  /** The only special token of OpenAI's own models, and what GPT-2's tokenizer assumes. */
  static final String END_OF_TEXT = "<|endoftext|>";

  private static final List<String> FILES =
      List.of("tokenizer_config.json", "special_tokens_map.json");

  private static final List<String> ROLES =
      List.of("bos", "eos", "unk", "sep", "pad", "cls", "mask");

  /** Reads the files that are there, the first one first. */
  static SpecialTokens read(Path folder) throws IOException {
    SpecialTokens tokens =
        new SpecialTokens(
            Optional.empty(),
            Optional.empty(),
            Set.of(END_OF_TEXT),
            List.of(),
            Optional.empty(),
            false);
    for (String name : FILES) {
      Path file = folder.resolve(name);
      if (Files.exists(file)) {
        tokens = tokens.orElse(read(JsonSettings.read(file)));
      }
    }
    return tokens;
  }

  private static SpecialTokens read(JsonSettings settings) throws FormatException {
    if (settings.flag("add_prefix_space", false)) {
      throw settings.unexpected("add_prefix_space", "false, as in GPT-2's tokenizer", "true");
    }
    return new SpecialTokens(
        text(settings, "bos_token"),
        text(settings, "eos_token"),
        named(settings),
        added(settings),
        settings.has("tokenizer_class")
            ? Optional.of(settings.text("tokenizer_class"))
            : Optional.empty(),
        settings.flag("add_bos_token", false));
  }

  private SpecialTokens orElse(SpecialTokens later) {
    Set<String> union = new HashSet<>(all);
    union.addAll(later.all);
    List<AddedToken> both = new ArrayList<>(added);
    both.addAll(later.added);
    return new SpecialTokens(
        bos.or(later::bos),
        eos.or(later::eos),
        union,
        both,
        tokenizerClass.or(later::tokenizerClass),
        addsBos || later.addsBos);
  }

  private static Set<String> named(JsonSettings settings) throws FormatException {
    Set<String> named = new HashSet<>();
    for (String role : ROLES) {
      text(settings, role + "_token").ifPresent(named::add);
    }
    if (settings.has("additional_special_tokens")) {
      for (JsonElement token : settings.array("additional_special_tokens")) {
        named.add(
            text(token).orElseThrow(() -> notToken(settings, "additional_special_tokens", token)));
      }
    }
    return named;
  }

  private static List<AddedToken> added(JsonSettings settings) throws FormatException {
    List<AddedToken> added = new ArrayList<>();
    if (settings.has("added_tokens_decoder")) {
      JsonSettings decoder = settings.object("added_tokens_decoder");
      for (String id : decoder.object().keySet()) {
        JsonSettings token = decoder.object(id);
        added.add(
            new AddedToken(token.text("content"), id(decoder, id), token.flag("special", false)));
      }
    }
    return added;
  }

  private static int id(JsonSettings decoder, String id) throws FormatException {
    try {
      return Integer.parseInt(id);
    } catch (NumberFormatException e) {
      throw decoder.unexpected(id, "the number of a token as its name", "\"" + id + "\"");
    }
  }

  private static Optional<String> text(JsonSettings settings, String name) throws FormatException {
    Optional<JsonElement> value = settings.find(name);
    if (value.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(text(value.get()).orElseThrow(() -> notToken(settings, name, value.get())));
  }

  /** Understands both spellings: the text alone, and an object with the text in it. */
  private static Optional<String> text(JsonElement token) {
    JsonElement text =
        token.isJsonObject() && token.getAsJsonObject().has("content")
            ? token.getAsJsonObject().get("content")
            : token;
    return text.isJsonPrimitive() && text.getAsJsonPrimitive().isString()
        ? Optional.of(text.getAsString())
        : Optional.empty();
  }

  private static FormatException notToken(JsonSettings settings, String name, JsonElement found) {
    return settings.unexpected(name, "the text of a token", JsonSettings.summary(found));
  }
}
