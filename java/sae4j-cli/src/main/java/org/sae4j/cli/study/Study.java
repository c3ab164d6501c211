package org.sae4j.cli.study;

import java.io.PrintWriter;
import org.sae4j.Model;
import org.sae4j.cli.options.Input;
import org.sae4j.cli.options.ModelOptionsMixin;
import org.sae4j.cli.options.SaeHeaders;
import org.sae4j.results.ModelDescription;

/**
 * What a study runs on.
 *
 * @param model the model, open
 * @param saes what the files of the SAEs say
 * @param input the tokens
 */
public record Study(Model model, SaeHeaders saes, Input input) {
  public void printModel(ModelOptionsMixin options, PrintWriter out) {
    out.println("Model     " + options.path() + ": " + ModelDescription.text(model.shape()));
  }

  public void printInput(long sequences, long tokens, PrintWriter out) {
    out.println("Input     " + input.description(sequences, tokens));
  }
}
