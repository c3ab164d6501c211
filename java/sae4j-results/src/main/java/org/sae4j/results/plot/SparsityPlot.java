package org.sae4j.results.plot;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.XYSeries.XYSeriesRenderStyle;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.XYStyler;
import org.knowm.xchart.style.markers.SeriesMarkers;
import org.sae4j.results.UnitHistogram;

/** Draws histograms of sparsity: all positions together above, each by itself below. */
public final class SparsityPlot {
  public static final int WIDTH = 900;
  public static final int HEIGHT = 720;

  /** Told apart by everybody; source: Okabe and Ito 2008, "Color universal design". */
  private static final List<Color> COLOURS =
      List.of(new Color(0x0072b2), new Color(0x009e73), new Color(0xcc79a7), new Color(0x56b4e9));

  private static final Color CHANNELS = new Color(0xd55e00);
  private static final Color INK = new Color(0x333333);
  private static final Color GRID = new Color(0xe5e5e5);
  private static final int OPACITY = 60;
  private static final BasicStroke DASHES =
      new BasicStroke(2, BasicStroke.CAP_BUTT, BasicStroke.JOIN_BEVEL, 1, new float[] {6, 4}, 0);

  private final List<SparsityHistograms.Of> histograms;
  private final int future;

  /**
   * Prepares to draw.
   *
   * @param future at how many positions effects were measured
   */
  public SparsityPlot(SparsityHistograms histograms, int future) {
    this.histograms = histograms.list();
    this.future = future;
  }

  public void paint(Graphics2D graphics) {
    int half = HEIGHT / 2;
    chart(
            "Sparsity of ablation effects: all %d positions together".formatted(future),
            "sparsity: share of the logits that move",
            LegendPosition.InsideNE,
            SparsityHistograms.Of::whole)
        .paint(graphics, WIDTH, half);
    graphics.translate(0, half);
    chart(
            "Each position by itself",
            "row_sparsity: the same of one position's logits, mean over positions",
            LegendPosition.InsideNW,
            SparsityHistograms.Of::byRow)
        .paint(graphics, WIDTH, half);
  }

  private XYChart chart(
      String title,
      String axis,
      LegendPosition legend,
      Function<SparsityHistograms.Of, UnitHistogram> which) {
    XYChart chart =
        new XYChartBuilder()
            .width(WIDTH)
            .height(HEIGHT / 2)
            .title(title)
            .xAxisTitle(axis)
            .yAxisTitle("effects, %")
            .build();
    style(chart.getStyler());
    chart.getStyler().setLegendPosition(legend);
    double highest =
        histograms.stream().map(which).mapToDouble(SparsityPlot::highest).max().orElseThrow();
    for (int i = 0; i < histograms.size(); i++) {
      String name = histograms.get(i).name();
      Color colour = name.equals("channels") ? CHANNELS : COLOURS.get(i % COLOURS.size());
      add(chart, name, which.apply(histograms.get(i)), highest, colour);
    }
    return chart;
  }

  private static double highest(UnitHistogram histogram) {
    return IntStream.range(0, UnitHistogram.BINS).mapToDouble(histogram::percent).max().orElse(0);
  }

  private static void add(
      XYChart chart, String name, UnitHistogram histogram, double highest, Color colour) {
    double[] edges = new double[UnitHistogram.BINS + 1];
    double[] percents = new double[UnitHistogram.BINS + 1];
    Arrays.setAll(edges, UnitHistogram::edge);
    Arrays.setAll(percents, i -> i < UnitHistogram.BINS ? histogram.percent(i) : 0);
    String label = String.format(Locale.ROOT, "%s: mean %.3f", name, histogram.mean());
    XYSeries bars = chart.addSeries(label, edges, percents);
    bars.setXYSeriesRenderStyle(XYSeriesRenderStyle.StepArea);
    bars.setMarker(SeriesMarkers.NONE).setLineColor(colour).setLineWidth(1.5f);
    bars.setFillColor(new Color(colour.getRed(), colour.getGreen(), colour.getBlue(), OPACITY));
    double[] mean = {histogram.mean(), histogram.mean()};
    XYSeries line = chart.addSeries(name + ", line", mean, new double[] {0, highest});
    line.setXYSeriesRenderStyle(XYSeriesRenderStyle.Line).setShowInLegend(false);
    line.setMarker(SeriesMarkers.NONE).setLineColor(colour).setLineStyle(DASHES);
  }

  private static void style(XYStyler styler) {
    styler.setXAxisMin(0.0).setXAxisMax(1.0).setYAxisMin(0.0);
    styler.setXAxisDecimalPattern("0.0");
    styler.setXAxisTickMarkSpacingHint(80);
    styler.setChartBackgroundColor(Color.WHITE).setChartFontColor(INK).setChartPadding(12);
    styler.setChartTitleFont(new Font(Font.SANS_SERIF, Font.BOLD, 15));
    styler.setChartTitleBoxVisible(false).setChartTitlePadding(8);
    styler.setAxisTitleFont(new Font(Font.SANS_SERIF, Font.PLAIN, 13));
    styler.setAxisTickLabelsFont(new Font(Font.SANS_SERIF, Font.PLAIN, 12));
    styler.setLegendFont(new Font(Font.SANS_SERIF, Font.PLAIN, 13));
    styler.setLegendBorderColor(Color.WHITE);
    styler.setPlotGridLinesColor(GRID).setPlotBorderVisible(false);
    styler.setPlotGridLinesStroke(new BasicStroke(1));
    styler.setPlotContentSize(0.98);
  }
}
