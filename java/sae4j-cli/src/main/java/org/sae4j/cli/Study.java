package org.sae4j.cli;

import java.io.PrintWriter;
import org.sae4j.Model;
import org.sae4j.results.ModelDescription;

/**
 * What a study is of.
 *
 * @param model the model, open
 * @param saes what the files of the SAEs say
 * @param input the tokens
 */
record Study(Model model, SaeHeaders saes, Input input) {
  void printModel(ModelOptionsMixin options, PrintWriter out) {
    out.println("Model     " + options.path() + ": " + ModelDescription.text(model.shape()));
  }

  void printInput(long sequences, long tokens, PrintWriter out) {
    out.println("Input     " + input.description(sequences, tokens));
  }
}
