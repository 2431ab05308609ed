package siamese.notebook;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.Shape;
import java.awt.geom.AffineTransform;
import java.awt.geom.Rectangle2D;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.XYSeries.XYSeriesRenderStyle;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.markers.Marker;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Points in two dimensions: a colour and a shape for each class, and its number written where its points are. */
final class ScatterChart {

    private static final Marker[] SHAPES = {SeriesMarkers.CIRCLE, SeriesMarkers.SQUARE, SeriesMarkers.TRIANGLE_UP, SeriesMarkers.DIAMOND,
        SeriesMarkers.CROSS, SeriesMarkers.TRIANGLE_DOWN, SeriesMarkers.PLUS, SeriesMarkers.TRAPEZOID, SeriesMarkers.RECTANGLE,
        SeriesMarkers.OVAL};

    private ScatterChart() {}

    /** Adds the points to an empty chart. */
    static XYChart fill(XYChart chart, double[][] points, int[] labels, Color[] colors) {
        check(points, labels);
        chart.getStyler().setMarkerSize(5).setLegendPosition(LegendPosition.OutsideE);
        int[] classes = IntStream.of(labels).distinct().sorted().toArray();
        double[][][] members = Arrays.stream(classes).mapToObj(c -> IntStream.range(0, labels.length).filter(i -> labels[i] == c)
                .mapToObj(i -> points[i]).toArray(double[][]::new)).toArray(double[][][]::new);
        for (int c = 0; c < classes.length; c++) {
            add(chart, String.valueOf(classes[c]), members[c], SHAPES[classes[c] % SHAPES.length], colors[classes[c] % colors.length]);
        }
        for (int c = 0; c < classes.length; c++) { // above all points
            add(chart, classes[c] + " is written here", new double[][] {middle(members[c])}, new Caption(String.valueOf(classes[c])),
                    Charts.INK).setShowInLegend(false);
        }
        return chart;
    }

    private static void check(double[][] points, int[] labels) {
        if (points.length == 0 || points.length != labels.length) {
            throw new IllegalArgumentException("points and labels must have one entry a point and at least one, but have "
                    + points.length + " and " + labels.length + ".");
        }
        for (int i = 0; i < points.length; i++) {
            if (points[i].length < 2 || !Double.isFinite(points[i][0]) || !Double.isFinite(points[i][1]) || labels[i] < 0) {
                throw new IllegalArgumentException("points[" + i + "] is " + Arrays.toString(points[i]) + " with label " + labels[i]
                        + ", but a point needs two finite coordinates and a label of 0 or more; project it first.");
            }
        }
    }

    private static XYSeries add(XYChart chart, String name, double[][] points, Marker marker, Color color) {
        XYSeries series = chart.addSeries(name, Arrays.stream(points).mapToDouble(p -> p[0]).toArray(),
                Arrays.stream(points).mapToDouble(p -> p[1]).toArray());
        series.setXYSeriesRenderStyle(XYSeriesRenderStyle.Scatter).setMarker(marker).setMarkerColor(color);
        return series;
    }

    /** The point of a class that is nearest to its median: among its points even where they lie in two heaps. */
    private static double[] middle(double[][] points) {
        double x = Arrays.stream(points).mapToDouble(p -> p[0]).sorted().toArray()[points.length / 2];
        double y = Arrays.stream(points).mapToDouble(p -> p[1]).sorted().toArray()[points.length / 2];
        double[] nearest = points[0];
        for (double[] point : points) {
            nearest = Math.hypot(point[0] - x, point[1] - y) < Math.hypot(nearest[0] - x, nearest[1] - y) ? point : nearest;
        }
        return nearest;
    }

    /** Where the points of a series are, in words. */
    static String words(XYSeries series) {
        double[] x = series.getXData();
        double[] y = series.getYData();
        return " (" + Text.count(x.length) + (x.length == 1 ? " point at " : " points around ")
                + Text.number(Arrays.stream(x).average().orElse(0)) + ", " + Text.number(Arrays.stream(y).average().orElse(0)) + ")";
    }

    /** Text with a white rim. */
    private static final class Caption extends Marker {

        private final String text;

        Caption(String text) {
            this.text = text;
        }

        @Override
        public void paint(Graphics2D graphics, double x, double y, int markerSize) {
            Font font = new Font(Font.SANS_SERIF, Font.BOLD, 8 + 2 * markerSize);
            Shape outline = font.createGlyphVector(graphics.getFontRenderContext(), text).getOutline();
            Rectangle2D bounds = outline.getBounds2D();
            Shape placed = AffineTransform.getTranslateInstance(x - bounds.getCenterX(), y - bounds.getCenterY())
                    .createTransformedShape(outline);
            graphics.setColor(Color.WHITE);
            graphics.setStroke(new BasicStroke(markerSize, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
            graphics.draw(placed);
            graphics.setColor(Charts.INK);
            graphics.fill(placed);
        }
    }
}
