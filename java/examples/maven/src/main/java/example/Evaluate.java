package example;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalInt;
import org.sae4j.Model;
import org.sae4j.Sae;
import org.sae4j.eval.Evaluation;
import org.sae4j.eval.EvaluationResult;
import org.sae4j.eval.Metric;
import org.sae4j.tokens.Sequences;

/** Prints what an SAE costs a model on a text: {@code Evaluate MODEL SAE TEXT}. */
public final class Evaluate {
  private Evaluate() {}

  public static void main(String[] args) throws Exception {
    try (Model model = Model.open(Path.of(args[0]));
        Sae sae = Sae.open(Path.of(args[1]))) {
      int[] tokens = model.tokenizer().encode(Files.readString(Path.of(args[2])));
      Sequences sequences = Sequences.split(tokens, 64, OptionalInt.empty()).first(2048);
      EvaluationResult result = Evaluation.of(model, sae).run(sequences);
      System.out.printf("KL %.4f%n", result.get(Metric.KL));
    }
  }
}
