package siamese.notebook;

import java.awt.BasicStroke;
import java.awt.Graphics2D;
import java.awt.Shape;
import java.awt.geom.Path2D;
import java.util.LinkedHashMap;
import java.util.Map;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.XYSeries.XYSeriesRenderStyle;
import org.knowm.xchart.internal.chartpart.Plot_XY;
import org.knowm.xchart.style.XYStyler;
import org.knowm.xchart.style.lines.SeriesLines;

/**
 * A chart whose lines differ in their dashes from the first on; XChart goes to its second dash after its last colour only.
 * And a dashed line is one path: XChart starts the dashes anew at every point, so that close points make it look solid.
 */
final class DashedChart extends XYChart {

    private final BasicStroke[] dashes;

    DashedChart(int width, int height, BasicStroke[] dashes) {
        super(width, height);
        this.dashes = dashes;
        this.plot = new DashedPlot(this);
    }

    @Override
    public void paint(Graphics2D graphics, int width, int height) {
        int number = 0;
        for (XYSeries series : getSeriesCollection()) {
            if (series.getLineStyle() == null) { // not chosen by hand
                series.setLineStyle(dashes[number % dashes.length]);
            }
            number++;
        }
        super.paint(graphics, width, height);
    }

    /** Leaves the dashed lines out at first, and then draws each over the rest. */
    private static final class DashedPlot extends Plot_XY<XYStyler, XYSeries> {

        private final XYChart chart;

        DashedPlot(XYChart chart) {
            super(chart);
            this.chart = chart;
        }

        @Override
        public void paint(Graphics2D graphics) {
            Map<XYSeries, BasicStroke> dashed = new LinkedHashMap<>();
            for (XYSeries series : chart.getSeriesCollection()) {
                if (series.isEnabled() && !series.isSmooth() && series.getLineStyle().getDashArray() != null
                        && series.getXYSeriesRenderStyle().filter(style -> style == XYSeriesRenderStyle.Line).isPresent()) {
                    dashed.put(series, series.getLineStyle());
                    series.setLineStyle(SeriesLines.NONE);
                }
            }
            super.paint(graphics);
            Shape clip = graphics.getClip();
            graphics.clip(getBounds());
            dashed.forEach((series, stroke) -> {
                series.setLineStyle(stroke);
                graphics.setColor(series.getLineColor());
                graphics.setStroke(stroke);
                graphics.draw(path(series));
            });
            graphics.setClip(clip);
        }

        private Path2D path(XYSeries series) {
            Path2D path = new Path2D.Double();
            boolean drawing = false;
            for (int i = 0; i < series.getYData().length; i++) {
                double x = chart.getScreenXFromChart(series.getXData()[i]);
                double y = chart.getScreenYFromChart(series.getYData()[i], series.getYAxisGroup());
                if (Double.isNaN(y)) {
                    drawing = false;
                } else if (drawing) {
                    path.lineTo(x, y);
                } else {
                    path.moveTo(x, y);
                    drawing = true;
                }
            }
            return path;
        }
    }
}
