package org.sae4j.format;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.sae4j.FormatException;

/** The {@code config.json} of {@code dictionary_learning}: how an SAE was trained. */
final class DictionaryLearningConfig {
  private final JsonConfig trainer;
  private final JsonConfig buffer;

  private DictionaryLearningConfig(JsonConfig json) throws FormatException {
    if (!json.has("trainer")) {
      throw json.missing("trainer");
    }
    this.trainer = json.objectOrEmpty("trainer");
    this.buffer = json.objectOrEmpty("buffer");
  }

  static DictionaryLearningConfig read(Path file) throws IOException {
    return new DictionaryLearningConfig(JsonConfig.read(file));
  }

  Optional<String> dictionaryClass() throws FormatException {
    return trainer.string("dict_class");
  }

  Optional<Integer> k() throws FormatException {
    return trainer.integer("k", 1);
  }

  OptionalInt contextSize() throws FormatException {
    return buffer.integer("ctx_len", 1).map(OptionalInt::of).orElse(OptionalInt.empty());
  }

  Optional<String> modelName() throws FormatException {
    return trainer.string("lm_name");
  }

  /** Checks the widths, wherever they are given, against those of the tensors. */
  void requireSizes(int d, int n) throws FormatException {
    require(trainer, "activation_dim", d);
    require(trainer, "dict_size", n);
    require(buffer, "d_submodule", d);
  }

  private static void require(JsonConfig json, String key, int size) throws FormatException {
    Optional<Integer> declared = json.integer(key, 1);
    if (declared.isPresent() && declared.get() != size) {
      throw json.mismatch(key, size + ", as the tensors have", declared.get());
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
    if (module.isPresent() && layer.isPresent() && module.get().layer() != layer.get()) {
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
