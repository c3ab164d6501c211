// jshell --class-path 'lib/*' -R-Dmodel=MODEL -R-Dsae=SAE -R-Dtext=TEXT evaluate.jsh
import org.sae4j.*
import org.sae4j.eval.*
import org.sae4j.tokens.*

Model model = Model.open(Path.of(System.getProperty("model")))
Sae sae = Sae.open(Path.of(System.getProperty("sae")))
int[] tokens = model.tokenizer().encode(Files.readString(Path.of(System.getProperty("text"))))
Sequences sequences = Sequences.split(tokens, 64, OptionalInt.empty()).first(2048)
EvaluationResult result = Evaluation.of(model, sae).run(sequences)
System.out.printf("KL %.4f%n", result.get(Metric.KL))
sae.close()
model.close()
/exit
