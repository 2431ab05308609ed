package siamese.notebook;

import java.awt.BasicStroke;
import java.awt.Graphics2D;
import java.awt.Shape;
import java.awt.geom.Path2D;
import java.util.List;
import java.util.Optional;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.XYSeries.XYSeriesRenderStyle;
import org.knowm.xchart.internal.chartpart.Plot_XY;
import org.knowm.xchart.style.XYStyler;
import org.knowm.xchart.style.markers.Marker;

/**
 * A chart whose lines differ in their dashes from the first on; XChart goes to its second dash after its last colour
 * only. And a dashed line is one path: XChart starts the dashes anew at every point, so that close points make it look
 * solid.
 */
final class DashedChart extends XYChart {

    private final BasicStroke[] dashes;

    DashedChart(int width, int height, BasicStroke... dashes) {
        super(width, height);
        this.dashes = dashes;
        this.plot = new Plot_XY<XYStyler, XYSeries>(this) {
            @Override
            public void paint(Graphics2D graphics) {
                List<Pen> pens = getSeriesCollection().stream().filter(DashedChart::isDashed).map(Pen::new).toList();
                super.paint(graphics);
                Shape clip = graphics.getClip();
                graphics.clip(getBounds());
                pens.forEach(pen -> pen.draw(graphics));
                graphics.setClip(clip);
            }
        };
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

    private static boolean isDashed(XYSeries series) {
        return series.isEnabled() && !series.isSmooth() && series.getLineStyle().getDashArray() != null
                && series.getXYSeriesRenderStyle().equals(Optional.of(XYSeriesRenderStyle.Line));
    }

    /** Stands in for a line's marker while XChart paints the points, and learns from it where they are. */
    private static final class Pen extends Marker {

        private final XYSeries series;
        private final Marker marker;
        private final Path2D path = new Path2D.Double();
        private int next;

        Pen(XYSeries series) {
            this.series = series;
            this.marker = series.getMarker();
            series.setXYSeriesRenderStyle(XYSeriesRenderStyle.Scatter).setMarker(this); // the points alone
        }

        @Override
        public void paint(Graphics2D graphics, double x, double y, int size) {
            boolean first = next == 0;
            for (; Double.isNaN(series.getYData()[next]); next++) {
                first = true; // XChart passes over the holes
            }
            next++;
            if (first) {
                path.moveTo(x, y);
            } else {
                path.lineTo(x, y);
            }
            marker.paint(graphics, x, y, size);
        }

        void draw(Graphics2D graphics) {
            series.setXYSeriesRenderStyle(XYSeriesRenderStyle.Line).setMarker(marker);
            graphics.setColor(series.getLineColor());
            graphics.setStroke(series.getLineStyle());
            graphics.draw(path);
        }
    }
}
