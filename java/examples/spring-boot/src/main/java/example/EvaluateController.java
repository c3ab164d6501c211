package example;

import java.util.OptionalInt;
import org.sae4j.Model;
import org.sae4j.Sae;
import org.sae4j.eval.Evaluation;
import org.sae4j.eval.EvaluationResult;
import org.sae4j.eval.Metric;
import org.sae4j.tokens.Sequences;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;

/** Tells what the SAE costs the model on the text that is posted. */
@RestController
class EvaluateController {
  private final Model model;
  private final Sae sae;

  EvaluateController(Model model, Sae sae) {
    this.model = model;
    this.sae = sae;
  }

  /** The answer, as JSON. */
  record Cost(double kl, double deltaCe) {}

  @PostMapping(path = "/evaluate", consumes = "text/plain")
  Cost evaluate(@RequestBody String text) throws Exception {
    int[] tokens = model.tokenizer().encode(text);
    Sequences sequences = Sequences.split(tokens, 64, OptionalInt.empty()).first(2048);
    EvaluationResult result = Evaluation.of(model, sae).run(sequences);
    return new Cost(result.get(Metric.KL), result.get(Metric.DELTA_CE));
  }
}
