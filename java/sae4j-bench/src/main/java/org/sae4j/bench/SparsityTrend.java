package org.sae4j.bench;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Dimension;
import java.awt.Font;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.apache.batik.svggen.SVGGraphics2D;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries.XYSeriesRenderStyle;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.XYStyler;
import org.knowm.xchart.style.markers.Marker;
import org.knowm.xchart.style.markers.SeriesMarkers;
import org.w3c.dom.Document;

/**
 * Draws how sparse ablation effects are against how many latents are active, for several SAEs.
 *
 * <p>Arguments: what {@code ablate --sample N --sae … --sae … --plot … --json FILE.jsonl} wrote,
 * and the SVG file to write. {@code results/sparsity-trend.svg} is of {@code test-data}'s {@code
 * model-f32.gguf}, {@code tokens/eval.json} and {@code --sample 100}, with both SAEs of {@code
 * saes/openai} and {@code topk}, {@code jumprelu}, {@code gated} and {@code standard} of {@code
 * saes/saelens}.
 */
public final class SparsityTrend {
  private static final int WIDTH = 760;
  private static final int HEIGHT = 420;
  private static final Color LATENTS = new Color(0x0072b2);
  private static final Color CHANNELS = new Color(0xd55e00);
  private static final Color INK = new Color(0x333333);
  private static final Color GRID = new Color(0xe5e5e5);

  private SparsityTrend() {}

  /** The sparsity of the effects of one SAE, or of the channels beside. */
  private record Point(double active, double mean, double error, double rowMean) {
    private static Point of(double active, JsonObject summary) {
      double mean = summary.get("mean").getAsDouble();
      double high = summary.getAsJsonArray("ci95").get(1).getAsDouble();
      return new Point(active, mean, high - mean, summary.get("row_mean").getAsDouble());
    }
  }

  /** Reads, draws and writes. */
  public static void main(String[] args) throws Exception {
    System.setProperty("java.awt.headless", "true");
    List<String> lines = Files.readAllLines(Path.of(args[0]));
    JsonObject header = parse(lines.get(0));
    JsonObject results = parse(lines.get(lines.size() - 1)).getAsJsonObject("results");
    int tokens = header.getAsJsonObject("options").get("sample").getAsInt();
    List<Point> latents = new ArrayList<>();
    List<Point> channels = new ArrayList<>();
    for (JsonElement element : results.getAsJsonArray("saes")) {
      JsonObject sae = element.getAsJsonObject();
      double active = sae.get("pairs").getAsDouble() / tokens;
      latents.add(Point.of(active, sae));
      channels.add(Point.of(active, sae.getAsJsonObject("channels")));
    }
    XYChart chart = chart();
    add(chart, "latents", latents, LATENTS);
    add(chart, "channels", channels, CHANNELS);
    write(chart, Path.of(args[1]));
  }

  private static JsonObject parse(String line) {
    return JsonParser.parseString(line).getAsJsonObject();
  }

  private static XYChart chart() {
    XYChart chart =
        new XYChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .title("Sparsity of ablation effects: smaller is sparser")
            .xAxisTitle("active latents per token")
            .yAxisTitle("share of logits moved, mean")
            .build();
    XYStyler styler = chart.getStyler();
    styler.setXAxisLogarithmic(true).setXAxisMin(3.0).setXAxisMax(1000.0);
    styler.setYAxisMin(0.0).setYAxisMax(0.7).setXAxisDecimalPattern("0");
    styler.setYAxisDecimalPattern("0.0");
    styler.setChartBackgroundColor(Color.WHITE).setChartFontColor(INK).setChartPadding(12);
    styler.setChartTitleFont(new Font(Font.SANS_SERIF, Font.BOLD, 15));
    styler.setChartTitleBoxVisible(false).setChartTitlePadding(8);
    styler.setAxisTitleFont(new Font(Font.SANS_SERIF, Font.PLAIN, 13));
    styler.setAxisTickLabelsFont(new Font(Font.SANS_SERIF, Font.PLAIN, 12));
    styler.setLegendFont(new Font(Font.SANS_SERIF, Font.PLAIN, 13));
    styler.setLegendPosition(LegendPosition.OutsideE).setLegendBorderColor(Color.WHITE);
    styler.setPlotGridLinesColor(GRID).setPlotGridVerticalLinesVisible(false);
    styler.setPlotBorderVisible(false);
    styler.setPlotGridLinesStroke(new BasicStroke(1));
    styler.setErrorBarsColorSeriesColor(true).setMarkerSize(9);
    return chart;
  }

  private static void add(XYChart chart, String what, List<Point> points, Color colour) {
    double[] active = points.stream().mapToDouble(Point::active).toArray();
    double[] mean = points.stream().mapToDouble(Point::mean).toArray();
    double[] error = points.stream().mapToDouble(Point::error).toArray();
    double[] row = points.stream().mapToDouble(Point::rowMean).toArray();
    mark(chart, what + ", by row", active, row, null, SeriesMarkers.DIAMOND, colour);
    mark(chart, what + ", together", active, mean, error, SeriesMarkers.CIRCLE, colour);
  }

  private static void mark(
      XYChart chart,
      String name,
      double[] x,
      double[] y,
      double[] error,
      Marker marker,
      Color colour) {
    chart
        .addSeries(name, x, y, error)
        .setXYSeriesRenderStyle(XYSeriesRenderStyle.Scatter)
        .setMarker(marker)
        .setMarkerColor(colour)
        .setLineColor(colour);
  }

  private static void write(XYChart chart, Path file) throws Exception {
    Document document =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .getDOMImplementation()
            .createDocument("http://www.w3.org/2000/svg", "svg", null);
    SVGGraphics2D graphics = new SVGGraphics2D(document);
    graphics.setSVGCanvasSize(new Dimension(WIDTH, HEIGHT));
    chart.paint(graphics, WIDTH, HEIGHT);
    try (Writer writer = Files.newBufferedWriter(file)) {
      graphics.stream(writer, true);
    }
  }
}
