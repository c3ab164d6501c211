package org.sae4j.format.sae;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.sae4j.arch.ModuleHook;
import org.sae4j.format.FormatException;
import org.sae4j.format.container.JsonFields;

/** The {@code config.json} of {@code dictionary_learning}: how an SAE was trained. */
final class DictionaryLearningConfig {
  /** How it was trained. */
  private static final Set<String> WITHOUT_EFFECT =
      Set.of(
          """
          anneal_end anneal_start auxk_alpha bandwidth decay_start device group_fractions
          group_sizes group_weights initial_sparsity_penalty k_anneal_steps k_min l1_penalty lr
          n_ctxs n_sparsity_updates out_batch_size p_end p_start refresh_batch_size resample_steps
          seed sparsity_function sparsity_penalty sparsity_queue_length sparsity_warmup_steps steps
          target_l0 threshold_beta threshold_start_step top_k_aux trainer_class wandb_name
          warmup_steps
          """
              .strip()
              .split("\\s+"));

  private final JsonFields json;
  private final JsonFields trainer;
  private final JsonFields buffer;

  private DictionaryLearningConfig(JsonFields json) throws FormatException {
    if (!json.has("trainer")) {
      throw json.missing("trainer");
    }
    this.json = json;
    this.trainer = json.objectOrEmpty("trainer");
    this.buffer = json.objectOrEmpty("buffer");
  }

  static DictionaryLearningConfig read(Path file) throws IOException {
    return new DictionaryLearningConfig(JsonFields.read(file));
  }

  Optional<String> dictionaryClass() throws FormatException {
    return trainer.string("dict_class");
  }

  Optional<Integer> k() throws FormatException {
    return trainer.integer("k", 1);
  }

  Optional<Integer> contextSize() throws FormatException {
    return buffer.integer("ctx_len", 1);
  }

  Optional<String> modelName() throws FormatException {
    return trainer.string("lm_name");
  }

  /** What it says and is not used, unless it has no effect. */
  List<String> unused() {
    return json.unused(WITHOUT_EFFECT);
  }

  /** Checks the widths, wherever they are given, against those of the tensors of a file. */
  void requireSizes(int d, int n, Path weights) throws FormatException {
    require(trainer, "activation_dim", d, weights);
    require(trainer, "dict_size", n, weights);
    require(buffer, "d_submodule", d, weights);
  }

  private static void require(JsonFields json, String key, int size, Path weights)
      throws FormatException {
    Optional<Integer> declared = json.integer(key, 1);
    if (declared.isPresent() && declared.get() != size) {
      throw json.mismatch(
          key, size + ", as the tensors of " + weights.getFileName() + " have", declared.get());
    }
  }

  /** The activation that the SAE is for, if the name of the submodule is one that sae4j knows. */
  Optional<String> hook(List<String> assumptions) throws FormatException {
    String side = buffer.string("io").orElse("out");
    if (side.equals("in_and_out")) {
      throw buffer.mismatch("io", "in or out, because transcoders are not supported", side);
    }
    Optional<String> name = trainer.string("submodule_name");
    Optional<Integer> layer = trainer.integer("layer", 0);
    Optional<ModuleHook> module = name.flatMap(ModuleHook::of);
    if (module.isPresent()
        && layer.isPresent()
        && module.get().layer().orElse(layer.get()) != layer.get()) {
      throw trainer.mismatch("layer", "that of submodule_name " + name.get(), layer.get());
    }
    Optional<String> hook =
        side.equals("in")
            ? module.flatMap(ModuleHook::input)
            : module.filter(found -> side.equals("out")).map(ModuleHook::output);
    assumptions.add(
        "hook "
            + hook.orElse("none")
            + ": submodule_name "
            + name.orElse("absent")
            + ", io "
            + side
            + layer.map(number -> ", layer " + number).orElse(""));
    return hook;
  }
}
