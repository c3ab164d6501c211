package org.sae4j.cli.ablate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.sae4j.cli.CommandRun;
import org.sae4j.cli.TestArguments;
import org.sae4j.cli.terminal.ExitCode;
import org.sae4j.results.plot.SparsityPlot;
import org.sae4j.testing.Jvm;
import org.w3c.dom.Document;
import org.xml.sax.InputSource;

class PlotTest {
  private static final List<String> ARGS =
      List.of(
          "ablate",
          "--model",
          TestArguments.MODEL,
          "--tokens",
          TestArguments.path("tokens/ablate.json"),
          "--sae",
          TestArguments.OPENAI);

  @TempDir Path folder;

  private static CommandRun ablate(String... more) {
    return CommandRun.of(CommandRun.args(ARGS, more));
  }

  private String path(String name) {
    return folder.resolve(name).toString();
  }

  @Test
  void pngIsAPicture() throws IOException {
    CommandRun run = ablate("--position", "20", "--plot", path("plot.png"));

    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.out())
        .contains("as many channels at each token", "wrote " + path("plot.png"))
        .containsPattern("(?m)^latents +0\\.\\d+ .*\nchannels +0\\.\\d+ ");
    BufferedImage image = ImageIO.read(folder.resolve("plot.png").toFile());
    assertThat(image.getWidth()).isEqualTo(2 * SparsityPlot.WIDTH);
    assertThat(image.getHeight()).isEqualTo(2 * SparsityPlot.HEIGHT);
    long colours = IntStream.range(0, 1800).map(x -> image.getRGB(x, 600)).distinct().count();
    assertThat(colours).isGreaterThan(3);
    assertThat(folder.toFile().list()).containsExactly("plot.png");
  }

  @Test
  void svgIsWellFormed() throws Exception {
    CommandRun run =
        ablate("--sae", TestArguments.SAELENS, "--position", "20", "--plot", path("plot.SVG"));

    assertThat(run.exitCode()).as(run.err()).isZero();
    Document document =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(new InputSource(new StringReader(withoutDoctype("plot.SVG"))));
    assertThat(document.getDocumentElement().getTagName()).isEqualTo("svg");
    assertThat(document.getElementsByTagName("path").getLength()).isPositive();
  }

  /** Its address would be asked for. */
  private String withoutDoctype(String name) throws IOException {
    return Files.readString(folder.resolve(name)).replaceAll("(?s)<!DOCTYPE.*?>", "");
  }

  @Test
  void channelsAreInTheResultsToo() throws IOException {
    CommandRun run = ablate("--position", "20", "--plot", path("plot.png"), "--json", path("j"));

    assertThat(run.exitCode()).as(run.err()).isZero();
    JsonObject document =
        JsonParser.parseString(Files.readString(folder.resolve("j"))).getAsJsonObject();
    assertThat(document.getAsJsonObject("options").get("compared_with").getAsString())
        .isEqualTo("channels");
    JsonObject results = document.getAsJsonObject("results");
    JsonObject channels = results.getAsJsonObject("channels");
    assertThat(channels.get("pairs")).isEqualTo(results.get("pairs"));
    assertThat(channels.getAsJsonArray("by_channel")).isNotEmpty();
    JsonArray effects = channels.getAsJsonArray("effects");
    assertThat(effects).hasSize(32).allMatch(effect -> effect.getAsJsonObject().has("channel"));
    assertThat(results.getAsJsonArray("effects"))
        .hasSize(32)
        .allMatch(effect -> effect.getAsJsonObject().has("latent"));
    double sum = 0;
    int counted = 0;
    for (JsonElement element : effects) {
      JsonObject effect = element.getAsJsonObject();
      if (!effect.get("below_noise").getAsBoolean()) {
        sum += effect.get("sparsity").getAsDouble();
        counted++;
      }
    }
    assertThat(channels.get("mean").getAsDouble()).isCloseTo(sum / counted, within(1e-12));
  }

  @Test
  void aResumedRunDrawsTheSame() throws IOException {
    String[] options = {"--position", "20", "--plot", path("plot.svg"), "--json", path("j.jsonl")};
    assertThat(ablate(options).exitCode()).isZero();
    byte[] whole = Files.readAllBytes(folder.resolve("plot.svg"));
    long channels =
        Files.lines(folder.resolve("j.jsonl")).filter(l -> l.contains("\"channel\":")).count();
    assertThat(channels).isEqualTo(33); // of 32 channels, and the results

    assertThat(ablate(CommandRun.args(List.of(options), "--resume")).exitCode()).isZero();

    assertThat(folder.resolve("plot.svg")).hasBinaryContent(whole);
  }

  @Test
  void controlChannelsAreDrawnAlone() {
    CommandRun run =
        ablate(
            "--control",
            "channels",
            "--position",
            "20",
            "--latents",
            "8",
            "--plot",
            path("plot.png"));

    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.out()).doesNotContain("to compare with");
    assertThat(folder.resolve("plot.png")).isNotEmptyFile();
  }

  @Test
  void wrongUsageIsToldApart() {
    CommandRun run = ablate("--plot", path("plot.pdf"));

    assertThat(run.exitCode()).isEqualTo(ExitCode.WRONG_USAGE);
    assertThat(run.err()).contains(".png or .svg", "plot.pdf");
    assertThat(ablate("--plot", path("no/plot.png")).err()).contains("does not exist");
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  @EnabledOnOs(value = OS.LINUX, disabledReason = "fonts are found in another way elsewhere")
  void withoutFontsItSaysWhatToInstall() throws Exception {
    Path plot = folder.resolve("plot.png");
    Path nothing = Files.writeString(folder.resolve("fonts.conf"), "<fontconfig></fontconfig>");
    Jvm.Ended ended =
        CommandRun.jvm(CommandRun.args(ARGS, "--plot", plot.toString()))
            .with("-Dsun.java2d.fontpath=" + folder)
            .with("-Duser.home=" + folder) // where Java notes the fonts that it found
            .withEnvironment("FONTCONFIG_FILE", nothing)
            .run();

    assertThat(ended.output()).contains("install fonts").doesNotContain("\tat ");
    assertThat(ended.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(plot).doesNotExist();
  }
}
