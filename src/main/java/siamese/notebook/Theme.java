package siamese.notebook;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.util.Locale;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.internal.chartpart.AxesChart;
import org.knowm.xchart.style.AxesChartStyler;
import org.knowm.xchart.style.AxesChartStyler.TextAlignment;
import org.knowm.xchart.style.Styler.LegendLayout;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.markers.Marker;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** What all charts share: colours, strokes and fonts. */
final class Theme {

    static final int WIDTH = 720;
    static final int HEIGHT = 450;

    static final BasicStroke SOLID = stroke(2.2f);
    static final BasicStroke DASHED = stroke(2.2f, 8, 5);
    static final BasicStroke DOTTED = stroke(2.2f, 2, 4);
    static final BasicStroke FINE = stroke(1.5f, 2, 4);

    /** Those of Okabe and Ito that are dark enough on white, and two more for ten classes of points. */
    private static final Color[] PALETTE = {Charts.BLUE, Charts.VERMILLION, new Color(0x009E73), new Color(0xCC79A7),
        new Color(0x000000), new Color(0xE69F00), new Color(0x56B4E9), Charts.GREY, new Color(0x882255),
        new Color(0x332288)};

    private Theme() {}

    static BasicStroke stroke(float width, float... dashes) {
        return new BasicStroke(width, BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND, 10,
                dashes.length == 0 ? null : dashes, 0);
    }

    /** An empty chart for lines and points. */
    static XYChart chart(int width, int height, String title, String xTitle, String yTitle) {
        XYChart chart = new DashedChart(width, height, SOLID, DASHED, DOTTED, stroke(2.2f, 10, 4, 2, 4));
        apply(chart, title, xTitle, yTitle);
        chart.getStyler().setSeriesColors(PALETTE).setSeriesMarkers(new Marker[] {SeriesMarkers.NONE});
        return chart;
    }

    /** Gives any chart with axes its titles, fonts and colours. */
    static void apply(AxesChart<?, ?> chart, String title, String xTitle, String yTitle) {
        chart.setTitle(title);
        chart.setXAxisTitle(xTitle);
        chart.setYAxisTitle(yTitle);
        AxesChartStyler styler = chart.getStyler();
        Font font = new Font(Font.SANS_SERIF, Font.PLAIN, 13);
        styler.setLocale(Locale.ROOT);
        styler.setChartTitleFont(titleFont(16, chart.getWidth(), title)).setChartTitleBoxVisible(false)
                .setChartTitlePadding(8);
        styler.setChartBackgroundColor(Color.WHITE).setPlotBackgroundColor(Color.WHITE).setChartFontColor(Charts.INK);
        styler.setPlotBorderVisible(false).setChartPadding(12).setPlotContentSize(0.96);
        styler.setLegendFont(font).setLegendPosition(LegendPosition.OutsideS).setLegendLayout(LegendLayout.Vertical)
                .setLegendBorderColor(Color.WHITE).setLegendBackgroundColor(Color.WHITE).setLegendSeriesLineLength(36)
                .setLegendPadding(6);
        styler.setMarkerSize(8).setDecimalPattern("0.#####");
        styler.setAxisTitleFont(font.deriveFont(14f)).setAxisTickLabelsFont(font).setAxisTickLabelsColor(Charts.INK)
                .setAxisTickMarksColor(Charts.GREY).setAxisTitlePadding(8).setPlotMargin(0)
                .setYAxisLabelAlignment(TextAlignment.Right)
                .setPlotGridLinesColor(new Color(0xDDDDDD)).setPlotGridLinesStroke(stroke(1));
    }

    /** Bold letters of this size, or smaller where the title would be wider than the chart. */
    static Font titleFont(int size, int width, String title) {
        double widest = (width - 2 * size) / (0.66 * Math.max(1, title.length()));
        return new Font(Font.SANS_SERIF, Font.BOLD, size).deriveFont((float) Math.min(size, widest));
    }

    /** Adds a line with all that could be left to the theme. */
    static XYSeries line(XYChart chart, String name, double[] x, double[] y, Color color, BasicStroke stroke,
            Marker marker) {
        XYSeries series = chart.addSeries(name, x, y);
        series.setMarker(marker).setMarkerColor(color).setLineColor(color).setLineStyle(stroke);
        return series;
    }
}
