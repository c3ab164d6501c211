package org.sae4j.format.model;

import com.google.gson.stream.JsonWriter;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What the Hugging Face tokenizers library is given of a tokenizer: a {@code tokenizer.json} of
 * nothing but checked parts, because the library checks too little of a stranger's.
 *
 * <p>In it tokens are numbered without a gap, first those of the vocabulary, so that the library
 * has no number to choose.
 *
 * @param json the file's text
 * @param ids the tokenizer's number of each token by the library's
 */
public record LibraryTokenizer(String json, int[] ids) {

  /**
   * Writes a tokenizer.
   *
   * @param special whether it finds special tokens in a text
   */
  public static LibraryTokenizer of(HuggingFaceTokenizer tokenizer, boolean special) {
    List<Map.Entry<String, Integer>> vocabulary =
        new ArrayList<>(tokenizer.vocabulary().entrySet());
    vocabulary.sort(Comparator.comparingInt(Map.Entry::getValue));
    List<AddedToken> added = new ArrayList<>(tokenizer.added());
    added.removeIf(token -> token.special() && !special);
    List<Integer> ids = new ArrayList<>(vocabulary.stream().map(Map.Entry::getValue).toList());
    added.stream()
        .filter(token -> !tokenizer.vocabulary().containsKey(token.text()))
        .forEach(token -> ids.add(token.id()));
    StringWriter text = new StringWriter();
    try (JsonWriter json = new JsonWriter(text)) {
      write(tokenizer, vocabulary, added, json);
    } catch (IOException e) {
      throw new UncheckedIOException(e); // a StringWriter throws none
    }
    return new LibraryTokenizer(
        text.toString(), ids.stream().mapToInt(Integer::intValue).toArray());
  }

  private static void write(
      HuggingFaceTokenizer tokenizer,
      List<Map.Entry<String, Integer>> vocabulary,
      List<AddedToken> added,
      JsonWriter json)
      throws IOException {
    json.beginObject().name("version").value("1.0");
    json.name("truncation").nullValue().name("padding").nullValue();
    json.name("added_tokens").beginArray();
    Map<String, Integer> numbers = new HashMap<>();
    vocabulary.forEach(token -> numbers.put(token.getKey(), numbers.size()));
    for (AddedToken token : added) {
      numbers.putIfAbsent(token.text(), numbers.size());
      write(token, numbers.get(token.text()), json);
    }
    json.endArray().name("normalizer").nullValue();
    json.name("pre_tokenizer").beginObject().name("type").value("ByteLevel");
    json.name("add_prefix_space").value(false).name("trim_offsets").value(true);
    json.name("use_regex").value(true).endObject();
    json.name("post_processor").nullValue().name("decoder").nullValue();
    json.name("model").beginObject().name("type").value("BPE").name("dropout").nullValue();
    json.name("unk_token").value(tokenizer.unknown().orElse(null));
    json.name("continuing_subword_prefix").nullValue().name("end_of_word_suffix").nullValue();
    json.name("fuse_unk").value(tokenizer.fusesUnknown()).name("byte_fallback").value(false);
    json.name("ignore_merges").value(false).name("vocab").beginObject();
    for (int id = 0; id < vocabulary.size(); id++) {
      json.name(vocabulary.get(id).getKey()).value(id);
    }
    json.endObject().name("merges").beginArray();
    for (String merge : tokenizer.merges()) {
      int space = merge.indexOf(' ');
      json.beginArray()
          .value(merge.substring(0, space))
          .value(merge.substring(space + 1))
          .endArray();
    }
    json.endArray().endObject().endObject();
  }

  private static void write(AddedToken token, int id, JsonWriter json) throws IOException {
    json.beginObject().name("id").value(id).name("content").value(token.text());
    json.name("single_word").value(token.singleWord()).name("lstrip").value(token.lstrip());
    json.name("rstrip").value(token.rstrip()).name("normalized").value(token.normalized());
    json.name("special").value(token.special()).endObject();
  }
}
