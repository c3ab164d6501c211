package org.sae4j.format.sae;

import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/**
 * The hook of an OpenAI SAE, told by its path, because the file does not say.
 *
 * <p>Recognised are {@code resid_post_mlp_layer3_k16.pt} and the published {@code
 * resid_post_mlp_v5_32k/autoencoders/3.pt}.
 */
final class OpenAiHook {
  private static final String LOCATION =
      "(?<location>resid_delta_attn|resid_post_attn|resid_delta_mlp|resid_post_mlp|mlp_post_act)";

  private static final Pattern FILE_NAME =
      Pattern.compile(
          "(?:.*/)?" + LOCATION + "(?:_[^/]*?)?_layer_?(?<layer>\\d{1,4})(?:_[^/]*)?\\.pt");

  private static final Pattern PUBLISHED_PATH =
      Pattern.compile("(?:.*/)?" + LOCATION + "(?:_[^/]*)?/(?:[^/]+/)?(?<layer>\\d{1,4})\\.pt");

  private OpenAiHook() {}

  /** Returns the hook in TransformerLens's spelling, if the path tells. */
  static Optional<String> of(Path file) {
    String path =
        StreamSupport.stream(file.toAbsolutePath().normalize().spliterator(), false)
            .map(Path::toString)
            .collect(Collectors.joining("/"));
    Matcher matcher = FILE_NAME.matcher(path);
    if (!matcher.matches()) {
      matcher = PUBLISHED_PATH.matcher(path);
      if (!matcher.matches()) {
        return Optional.empty();
      }
    }
    int layer = Integer.parseInt(matcher.group("layer"));
    return Optional.of("blocks." + layer + "." + hook(matcher.group("location")));
  }

  private static String hook(String location) {
    return switch (location) {
      case "resid_delta_attn" -> "hook_attn_out";
      case "resid_post_attn" -> "hook_resid_mid";
      case "resid_delta_mlp" -> "hook_mlp_out";
      case "resid_post_mlp" -> "hook_resid_post";
      case "mlp_post_act" -> "mlp.hook_post";
      default -> throw new IllegalArgumentException(location);
    };
  }
}
