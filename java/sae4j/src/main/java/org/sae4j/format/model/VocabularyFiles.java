package org.sae4j.format.model;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.sae4j.format.FormatException;
import org.sae4j.format.container.JsonFields;

/** Reads {@code vocab.json} and {@code merges.txt}, GPT-2's own files. */
final class VocabularyFiles {
  private VocabularyFiles() {}

  static BytePairs read(Path folder) throws IOException {
    Path vocabulary = folder.resolve("vocab.json");
    Path merges = folder.resolve("merges.txt");
    return new BytePairs(
        vocabulary,
        BytePairs.readIds(JsonFields.read(vocabulary)),
        merges,
        readMerges(merges),
        Optional.empty(),
        false,
        List.of(),
        Optional.empty());
  }

  private static List<String> readMerges(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw FormatException.of(file, "expected a file, found none");
    }
    try {
      List<String> merges = new ArrayList<>(Files.readAllLines(file));
      // No other line is a comment: "# #" is one of GPT-2's merges.
      merges.removeIf(line -> line.startsWith("#version") || line.isBlank());
      return merges;
    } catch (CharacterCodingException e) {
      throw FormatException.of(file, "expected UTF-8 text, found other bytes", e);
    }
  }
}
