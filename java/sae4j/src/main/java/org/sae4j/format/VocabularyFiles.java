package org.sae4j.format;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.sae4j.FormatException;

/** Reads {@code vocab.json} and {@code merges.txt}, GPT-2's own files. */
final class VocabularyFiles {
  private VocabularyFiles() {}

  static BytePairs read(Path folder) throws IOException {
    Path vocabulary = folder.resolve("vocab.json");
    Path merges = folder.resolve("merges.txt");
    return new BytePairs(
        vocabulary,
        BytePairs.readIds(JsonSettings.read(vocabulary)),
        merges,
        readMerges(merges),
        readAddedTokens(folder.resolve("added_tokens.json")),
        Optional.empty());
  }

  private static List<String> readMerges(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw FormatException.of(file, "expected a file, found none");
    }
    try {
      List<String> merges = new ArrayList<>(Files.readAllLines(file));
      // Only the first line may be a comment: "# #" is one of GPT-2's merges.
      if (!merges.isEmpty() && merges.get(0).startsWith("#version")) {
        merges.remove(0);
      }
      merges.removeIf(String::isBlank);
      return merges;
    } catch (CharacterCodingException e) {
      throw FormatException.of(file, "expected UTF-8 text, found other bytes", e);
    }
  }

  /** Reads a file of older versions, which says only later whether its tokens are special. */
  private static List<AddedToken> readAddedTokens(Path file) throws IOException {
    if (!Files.exists(file)) {
      return List.of();
    }
    List<AddedToken> added = new ArrayList<>();
    for (Map.Entry<String, Integer> token : BytePairs.readIds(JsonSettings.read(file)).entrySet()) {
      added.add(new AddedToken(token.getKey(), token.getValue(), false));
    }
    return added;
  }
}
