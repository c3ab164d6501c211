package org.sae4j.format.model;

import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.sae4j.format.FormatException;
import org.sae4j.format.container.JsonFields;

/**
 * What {@code tokenizer_config.json}, {@code special_tokens_map.json} and {@code added_tokens.json}
 * add to a vocabulary, by the rules of transformers: the last two count only if the first has no
 * {@code added_tokens_decoder}.
 *
 * @param bos the token that begins a text, if one of the files names it
 * @param eos the token that ends a text, if one of the files names it
 * @param declared tokens that stand here with their numbers
 * @param declaredIn where they stand
 * @param named tokens that stand here without, in the order in which they get one if they need it
 * @param addsBos whether a text is to begin with {@code bos}
 */
record SpecialTokenFiles(
    Optional<String> bos,
    Optional<String> eos,
    List<AddedToken> declared,
    Path declaredIn,
    List<AddedToken> named,
    boolean addsBos) {

  /** The only special token of OpenAI's own models, and what GPT-2's tokenizer assumes. */
  static final String END_OF_TEXT = "<|endoftext|>";

  private static final String GPT2_CLASS = "GPT2Tokenizer";
  private static final List<String> ASSUMED = List.of("bos_token", "eos_token", "unk_token");
  private static final List<String> ROLES =
      List.of(
          "bos_token",
          "eos_token",
          "unk_token",
          "sep_token",
          "pad_token",
          "cls_token",
          "mask_token");
  private static final String EXTRA = "extra_special_tokens";
  private static final String ADDITIONAL = "additional_special_tokens";
  private static final String DECODER = "added_tokens_decoder";
  private static final int NONE = -1;

  /** Reads the files that are there. */
  static SpecialTokenFiles read(Path folder) throws IOException {
    Path file = folder.resolve("tokenizer_config.json");
    JsonFields config = JsonFields.readIfThere(file);
    requireSupported(config);
    Roles roles = new Roles();
    roles.read(config);
    List<AddedToken> declared = declared(config);
    if (!config.has(DECODER)) {
      roles.read(JsonFields.readIfThere(folder.resolve("special_tokens_map.json")));
      file = folder.resolve("added_tokens.json");
      declared = numbered(JsonFields.readIfThere(file), roles);
    }
    Optional<String> bos = roles.text("bos_token");
    Optional<String> eos = roles.text("eos_token");
    if (config.string("tokenizer_class").orElse(GPT2_CLASS).startsWith(GPT2_CLASS)) {
      roles.assume();
    }
    boolean addsBos = config.bool("add_bos_token").orElse(false);
    return new SpecialTokenFiles(bos, eos, declared, file, roles.inOrder(), addsBos);
  }

  /** Returns these if the Python class that they name splits texts as GPT-2's does. */
  static void requireGpt2Class(Path folder) throws IOException {
    JsonFields config = JsonFields.readIfThere(folder.resolve("tokenizer_config.json"));
    String kind = config.string("tokenizer_class").orElse(GPT2_CLASS);
    if (!kind.equals(GPT2_CLASS) && !kind.equals(GPT2_CLASS + "Fast")) {
      throw config.mismatch("tokenizer_class", GPT2_CLASS);
    }
  }

  private static void requireSupported(JsonFields config) throws FormatException {
    for (String name : List.of("add_prefix_space", "split_special_tokens")) {
      if (config.bool(name).orElse(false)) {
        throw config.mismatch(name, "false, as in GPT-2's tokenizer");
      }
    }
  }

  /** Which token has which role; of the usual ones a later file overrules an earlier one. */
  private static final class Roles {
    private final Map<String, Optional<AddedToken>> roles = new LinkedHashMap<>();
    private final Map<String, AddedToken> extra = new LinkedHashMap<>();

    void read(JsonFields settings) throws FormatException {
      for (String name : settings.keys()) {
        Optional<JsonElement> value = settings.value(name);
        if (ROLES.contains(name)) {
          roles.put(
              name,
              value.isEmpty() ? Optional.empty() : Optional.of(token(settings, name, value.get())));
        } else if (name.endsWith("_token")
            && value.filter(SpecialTokenFiles::isToken).isPresent()) {
          roles.putIfAbsent(name, Optional.of(token(settings, name, value.get())));
        }
      }
      String list = settings.has(EXTRA) ? EXTRA : ADDITIONAL;
      if (settings.value(list).filter(JsonElement::isJsonObject).isPresent()) {
        JsonFields byName = settings.requireObject(list);
        for (String name : byName.keys()) {
          JsonElement value = byName.value(name).orElse(JsonNull.INSTANCE);
          roles.put(name, Optional.of(token(byName, name, value)));
        }
      } else if (settings.has(list) && (list.equals(EXTRA) || extra.isEmpty())) {
        for (JsonElement each : settings.requireArray(list)) {
          AddedToken token = token(settings, list, each);
          extra.put(token.text(), token);
        }
      }
    }

    void assume() {
      for (String name : ASSUMED) {
        roles.putIfAbsent(name, Optional.of(mark(END_OF_TEXT)));
      }
    }

    Optional<String> text(String role) {
      return roles.getOrDefault(role, Optional.empty()).map(AddedToken::text);
    }

    Set<String> texts() {
      return inOrder().stream().map(AddedToken::text).collect(Collectors.toSet());
    }

    List<AddedToken> inOrder() {
      List<AddedToken> tokens = new ArrayList<>();
      ROLES.forEach(name -> roles.getOrDefault(name, Optional.empty()).ifPresent(tokens::add));
      roles.forEach(
          (name, token) -> {
            if (!ROLES.contains(name)) {
              token.ifPresent(tokens::add);
            }
          });
      tokens.addAll(extra.values());
      return tokens;
    }
  }

  private static List<AddedToken> declared(JsonFields config) throws FormatException {
    List<AddedToken> added = new ArrayList<>();
    JsonFields decoder = config.objectOrEmpty(DECODER);
    for (String id : decoder.keys()) {
      added.add(addedToken(decoder.requireObject(id), id(decoder, id), false));
    }
    return added;
  }

  /** Reads a file of older versions, which says only elsewhere whether its tokens are special. */
  private static List<AddedToken> numbered(JsonFields file, Roles roles) throws FormatException {
    List<AddedToken> added = new ArrayList<>();
    Set<String> named = roles.texts();
    for (String text : file.keys()) {
      boolean special = named.contains(text);
      int id = file.requireInteger(text, Integer.MIN_VALUE);
      added.add(new AddedToken(text, id, special, false, false, false, !special));
    }
    return added;
  }

  private static int id(JsonFields decoder, String id) throws FormatException {
    try {
      return Integer.parseInt(id);
    } catch (NumberFormatException e) {
      throw decoder.mismatch(id, "the number of a token as its name", "\"" + id + "\"");
    }
  }

  /** Reads a token that is written as an object. */
  static AddedToken addedToken(JsonFields token, int id, boolean specialIfAbsent)
      throws FormatException {
    boolean special = token.bool("special").orElse(specialIfAbsent);
    return new AddedToken(
        token.requireString("content"),
        id,
        special,
        token.bool("single_word").orElse(false),
        token.bool("lstrip").orElse(false),
        token.bool("rstrip").orElse(false),
        token.bool("normalized").orElse(!special));
  }

  /** Understands both spellings: the text alone, and an object with the text in it. */
  private static AddedToken token(JsonFields settings, String name, JsonElement value)
      throws FormatException {
    if (value.isJsonObject() && value.getAsJsonObject().has("content")) {
      return addedToken(settings.object(name, value), NONE, true).asSpecial();
    }
    if (!JsonFields.isString(value)) {
      throw settings.mismatch(name, "the text of a token", value);
    }
    return mark(value.getAsString());
  }

  private static AddedToken mark(String text) {
    return new AddedToken(text, NONE, true, false, false, false, false);
  }

  private static boolean isToken(JsonElement value) {
    return JsonFields.isString(value)
        || (value.isJsonObject() && value.getAsJsonObject().has("content"));
  }
}
