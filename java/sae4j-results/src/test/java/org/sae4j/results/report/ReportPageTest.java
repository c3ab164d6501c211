package org.sae4j.results.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebElement;
import org.sae4j.testing.SampleResults;

/** What a person does with a page, in a real browser. */
class ReportPageTest {
  private static final int MANY = 131_072;

  @TempDir static Path folder;

  private static Browser browser;
  private static Path page;

  @BeforeAll
  static void start() throws IOException {
    browser = Browser.start(folder.resolve("profile"));
    page = folder.resolve("page.html");
    write(
        page,
        SampleResults.eval(folder, MANY),
        SampleResults.ablate(folder),
        SampleResults.latent(folder));
  }

  private static void write(Path page, Path... results) throws IOException {
    List<ResultDocument> documents = new ArrayList<>();
    for (Path result : results) {
      documents.add(ResultDocument.read(result));
    }
    Files.writeString(page, ReportPage.html(Report.of(documents)));
  }

  @AfterAll
  static void stop() {
    if (browser != null) {
      browser.close();
    }
  }

  @BeforeEach
  void open() {
    browser.open(page);
  }

  @AfterEach
  void nothingWentWrong() {
    assertThat(browser.console()).isEmpty();
    assertThat(browser.script("return window.hacked")).isNull();
  }

  private static WebElement head(String table, String label) {
    return browser.all(table + " thead button").stream()
        .filter(button -> button.getText().equals(label))
        .findFirst()
        .orElseThrow();
  }

  private static String sorted(WebElement button) {
    return button.findElement(By.xpath("..")).getDomAttribute("aria-sort");
  }

  private static List<String> names() {
    return browser.texts("#saes tbody th").stream()
        .map(text -> text.lines().findFirst().orElse(""))
        .toList();
  }

  @Test
  void hasEverythingThatIsKnown() {
    assertThat(browser.texts("main h2"))
        .containsExactly(
            "All SAEs",
            "Sparsity against damage",
            "By position",
            "By token frequency",
            "How often latents fire",
            "How sparse the effects of ablation are",
            "Paired differences",
            "Latents",
            "Assumptions and warnings",
            "Where the numbers come from");
    assertThat(browser.all("figure svg"))
        .hasSize(8)
        .allSatisfy(
            svg -> {
              assertThat(svg.getDomAttribute("role")).isEqualTo("img");
              assertThat(svg.getDomAttribute("aria-label")).contains("table below");
            });
    assertThat(browser.count("h1")).isOne();
    assertThat(browser.script("return document.documentElement.lang")).isEqualTo("en");
    assertThat(browser.one("#summary").getText()).contains("#2 large/ae.pt", "0.125", "2 of 3");
  }

  @Test
  void saysFirstWhatDoesNotCompare() throws IOException {
    Path other = Files.createDirectories(folder.resolve("other"));
    Path latent = SampleResults.latent(other);
    Files.writeString(
        latent, Files.readString(latent).replace("\"tokens\":1000", "\"tokens\":512"));
    write(other.resolve("page.html"), latent, SampleResults.eval(other, 10));
    browser.open(other.resolve("page.html"));

    assertThat(browser.one("#summary").getText())
        .contains("different tokens", "prose.txt, 512 tokens (latent.json)");
    // The latents with contexts fire at 30 and 40 tokens by the run that has the contexts.
    browser.one("#latents input[type=search]").sendKeys("4");
    assertThat(browser.one("#latents tbody").getText()).contains("40");
    assertThat(browser.one("#latents caption").getText()).contains("prose.txt, 512 tokens");
  }

  @Test
  void asksForNothingFromElsewhere() {
    Object asked = browser.script("return performance.getEntriesByType('resource').length");

    assertThat(asked).isEqualTo(0L);
  }

  @Test
  void sortsByAClickAndBackByAnother() {
    WebElement kl = head("#saes", "KL");
    assertThat(sorted(kl)).isEqualTo("none");

    browser.click(kl);
    assertThat(sorted(kl)).isEqualTo("ascending");
    assertThat(names()).containsExactly("large/ae.pt", "bad/ae.pt", "small/ae.pt");

    browser.click(kl);
    assertThat(sorted(kl)).isEqualTo("descending");
    assertThat(names()).containsExactly("small/ae.pt", "bad/ae.pt", "large/ae.pt");

    browser.click(head("#saes", "L0"));
    assertThat(sorted(kl)).isEqualTo("none");
  }

  @Test
  void worksWithoutAMouse() {
    WebElement kl = head("#saes", "KL");
    kl.sendKeys(Keys.ENTER);
    assertThat(sorted(kl)).isEqualTo("ascending");

    browser.one("#latents input[type=search]").sendKeys("3");
    WebElement open = browser.one("#latents .open");
    open.sendKeys(Keys.SPACE);
    assertThat(open.getDomAttribute("aria-expanded")).isEqualTo("true");
    assertThat(browser.one("#latents .contexts").getText()).contains("Call me↵ whale <202e>and");
  }

  @Test
  void tellsTheFront() {
    assertThat(browser.texts("#saes tbody tr")).element(0).asString().contains("KL, ΔCE");
    assertThat(browser.texts("#saes tbody tr")).element(2).asString().doesNotContain("KL, ΔCE");
    assertThat(browser.count("#front figure:first-child [aria-label=dot] path")).isEqualTo(3);
    assertThat(browser.texts("#front figure:first-child [aria-label=text]").toString())
        .contains("small/ae.pt", "large/ae.pt");
  }

  @Test
  void tellsAboutAPointThatOneIsOver() {
    browser.hover(browser.one("#front [aria-label=dot] path"));

    String said = browser.one("#front [aria-label=tip] text").getText();
    assertThat(said).contains("#1 small/ae.pt", "L0 8", "KL 0.5", "[0.49, 0.51]");
  }

  @Test
  void hasNumbersUnderEveryChart() {
    browser.script("document.querySelectorAll('details').forEach(d => d.open = true)");

    for (String id : List.of("front", "positions", "frequency", "density", "ablation", "paired")) {
      assertThat(browser.all("#" + id + " table caption")).as(id).isNotEmpty();
    }
    assertThat(browser.texts("#front tbody tr")).first().asString().contains("0.49", "0.51", "yes");
    assertThat(browser.texts("#positions tbody tr")).element(7).asString().contains("0.507");
    assertThat(browser.texts("#density tbody tr")).first().asString().contains("5");
    assertThat(browser.texts("#ablation tbody tr")).first().asString().contains("latents", "0.2");
    assertThat(browser.texts("#paired tbody tr")).first().asString().contains("0.375", "0.365");
    assertThat(browser.texts("#provenance").toString())
        .contains("eval.json", "gpt2.gguf", "SHA-256", "0.1.0");
  }

  @Test
  void drawsWhatIsTicked() {
    String lines = "#positions figure:first-child [aria-label=line] path";
    assertThat(browser.count(lines)).isEqualTo(3);

    browser.click(browser.all("#saes input[type=checkbox]").get(1));

    assertThat(browser.count(lines)).isEqualTo(2);
    assertThat(browser.texts("#positions .legend li")).noneMatch(text -> text.contains("large"));
  }

  @Test
  void comparesWithAnother() {
    assertThat(browser.one("#paired select").getText()).contains("#2 large/ae.pt");
    assertThat(browser.count("#paired [aria-label=dot] circle")).isEqualTo(2);

    browser.one("#paired select").sendKeys("#1");

    assertThat(browser.count("#paired [aria-label=dot] circle")).isEqualTo(1);
  }

  @Test
  void keepsSwiftWithManyLatents() {
    assertThat(browser.one("#latents caption").getText()).contains("131,072 latents of #1");
    assertThat(browser.count("#latents tbody tr")).isLessThan(60);

    browser.click(head("#latents", "Fires"));
    browser.click(head("#latents", "Fires"));

    List<String> fires = browser.texts("#latents tbody tr:not([hidden]) td:nth-child(2)");
    assertThat(fires).hasSize(25).allMatch("999"::equals);
    browser.click(browser.one("#latents .tools button:last-of-type"));
    assertThat(browser.one("#latents [role=status]").getText()).isEqualTo("26–50 of 131,072");
  }

  @Test
  void joinsWhatIsKnownOfALatent() {
    browser.one("#latents input[type=search]").sendKeys("whale");

    assertThat(browser.one("#latents [role=status]").getText()).isEqualTo("1–1 of 1");
    // Counted where the contexts are from, not by the evaluation; two effects, whose KL is 2 on
    // average.
    assertThat(browser.texts("#latents tbody tr:first-child").get(0))
        .contains("30", "0.03", "4.5", "0.2", "0.62", "2", "whale");
  }

  @Test
  void takesStrangersTextAsText() {
    browser.one("#latents input[type=search]").sendKeys("onerror");
    browser.click(browser.one("#latents .open"));
    browser.script("document.querySelectorAll('details').forEach(d => d.open = true)");

    assertThat(browser.one("#latents mark").getText()).isEqualTo(SampleResults.HOSTILE);
    assertThat(browser.one("#notes").getText())
        .contains(SampleResults.HOSTILE, "without logits: of an inner hook");
    assertThat(browser.count("img")).isZero();
  }

  @Test
  void runsNoScriptButItsOwn() {
    browser.script(
        "const s = document.createElement('script'); s.textContent = 'window.hacked = 3';"
            + "document.body.append(s)");

    assertThat(browser.script("return window.hacked")).isNull();
    assertThat(browser.console()).isNotEmpty().allMatch(line -> line.contains("Security Policy"));
  }

  @Test
  void fitsAPhone() {
    browser.size(360, 740);
    browser.reload();
    browser.script("document.querySelectorAll('details').forEach(d => d.open = true)");

    assertThat((Long) browser.script("return document.documentElement.scrollWidth"))
        .isLessThanOrEqualTo(360);
    assertThat(browser.all("figure svg"))
        .isNotEmpty()
        .allSatisfy(svg -> assertThat(svg.getSize().width).isBetween(200, 340));
    // Text is not shrunk with the chart.
    assertThat(browser.script("return getComputedStyle(document.querySelector('svg')).fontSize"))
        .isEqualTo("12px");
  }

  @Test
  void isDarkWhereOneWantsThat() {
    String paper = "return getComputedStyle(document.body).backgroundColor";
    String ink = "return getComputedStyle(document.querySelector('#front svg')).color";
    assertThat(brightness(paper)).isGreaterThan(700);
    assertThat(brightness(ink)).isLessThan(350);

    browser.media("prefers-color-scheme", "dark");

    assertThat(brightness(paper)).isLessThan(100);
    assertThat(brightness(ink)).isGreaterThan(400);
  }

  @Test
  void printsOnWhitePaperAllThatIsShown() {
    browser.media("print", "prefers-color-scheme", "dark");
    browser.size(720, 1000);
    browser.reload();

    assertThat(brightness("return getComputedStyle(document.body).backgroundColor"))
        .isGreaterThan(700);
    assertThat((Long) browser.script("return document.documentElement.scrollWidth"))
        .isLessThanOrEqualTo(720);
    assertThat(browser.one("#contents").isDisplayed()).isFalse();
  }

  @Test
  void printsAllRowsOrSaysThatItIsAPart() {
    browser.click(browser.one("#latents .open"));
    browser.script("window.dispatchEvent(new Event('beforeprint'))");

    assertThat(browser.count("#latents tbody > tr:has(th)")).isEqualTo(200);
    assertThat(browser.one("#latents caption").getText())
        .contains("Only the first 200 of 131,072 rows are printed");
    assertThat(browser.one("#saes caption").getText()).doesNotContain("Printed");
    assertThat(browser.one("#latents .detail").isDisplayed()).isTrue();

    browser.script("window.dispatchEvent(new Event('afterprint'))");

    assertThat(browser.count("#latents tbody > tr:has(th)")).isEqualTo(25);
    assertThat(browser.one("#latents caption").getText()).doesNotContain("Printed");
  }

  /** A name that a line crosses cannot be read. */
  @Test
  void noNameIsOverALineOrAnotherName() {
    Object over =
        browser.script(
            """
            const chart = document.querySelector("#front svg");
            const box = (e) => e.getBoundingClientRect();
            const names = [...chart.querySelectorAll("g[aria-label=text] text")].map(box);
            const line = chart.querySelector("g[aria-label=line] path");
            const points = d3.range(0, line.getTotalLength(), 2).map((at) => line.getPointAtLength(at));
            const lines = points.map((p) => p.matrixTransform(line.getScreenCTM()));
            const has = (b, p) => p.x > b.left && p.x < b.right && p.y > b.top + 3 && p.y < b.bottom - 3;
            return names.length + " names, " + names.filter((b) => lines.some((p) => has(b, p))).length + " crossed";
            """);

    assertThat(over).isEqualTo("3 names, 0 crossed");
  }

  /** The sum of red, green and blue. */
  private static int brightness(String script) {
    return Arrays.stream(String.valueOf(browser.script(script)).split("[^0-9]+"))
        .filter(part -> !part.isEmpty())
        .limit(3)
        .mapToInt(Integer::parseInt)
        .sum();
  }

  @Test
  void movesNothingWhereOneWantsThat() {
    browser.media("prefers-reduced-motion", "reduce");

    assertThat(browser.script("return getComputedStyle(document.documentElement).scrollBehavior"))
        .isEqualTo("auto");
    assertThat(browser.script("return document.getAnimations().length")).isEqualTo(0L);
  }
}
