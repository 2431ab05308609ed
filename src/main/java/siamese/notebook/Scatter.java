package siamese.notebook;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.Shape;
import java.awt.geom.AffineTransform;
import java.awt.geom.Rectangle2D;
import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;
import org.apache.commons.lang3.Validate;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.XYSeries.XYSeriesRenderStyle;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.markers.Marker;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Points in two dimensions: a colour and a shape for each class, and its number written where its points are. */
final class Scatter {

    private static final Marker[] SHAPES = {SeriesMarkers.CIRCLE, SeriesMarkers.SQUARE, SeriesMarkers.TRIANGLE_UP,
        SeriesMarkers.DIAMOND, SeriesMarkers.CROSS, SeriesMarkers.TRIANGLE_DOWN, SeriesMarkers.PLUS,
        SeriesMarkers.TRAPEZOID, SeriesMarkers.RECTANGLE, SeriesMarkers.OVAL};

    private Scatter() {}

    /** Adds the points to an empty chart of the theme. */
    static XYChart fill(XYChart chart, double[][] points, int[] labels) {
        check(points, labels);
        chart.getStyler().setMarkerSize(5).setLegendPosition(LegendPosition.OutsideE);
        Color[] colors = chart.getStyler().getSeriesColors();
        int[] classes = IntStream.of(labels).distinct().sorted().toArray();
        double[][] middles = new double[classes.length][];
        for (int c = 0; c < classes.length; c++) {
            int label = classes[c];
            double[][] members = IntStream.range(0, labels.length).filter(i -> labels[i] == label)
                    .mapToObj(i -> points[i]).toArray(double[][]::new);
            add(chart, String.valueOf(label), SHAPES[label % SHAPES.length], colors[label % colors.length], members);
            middles[c] = middle(members);
        }
        for (int c = 0; c < classes.length; c++) { // above all points
            add(chart, classes[c] + " is written here", new Caption(String.valueOf(classes[c])), Charts.INK, middles[c])
                    .setShowInLegend(false);
        }
        return chart;
    }

    private static void check(double[][] points, int[] labels) {
        Validate.isTrue(points.length != 0 && points.length == labels.length, "points and labels must have one entry a "
                + "point and at least one, but have %s and %s.", points.length, labels.length);
        for (int i = 0; i < points.length; i++) {
            double[] point = points[i];
            Validate.isTrue(point.length >= 2 && Double.isFinite(point[0]) && Double.isFinite(point[1])
                    && labels[i] >= 0, "points[%s] is %s with label %s, but a point needs two finite coordinates and a "
                    + "label of 0 or more; project it first.", i, Arrays.toString(point), labels[i]);
        }
    }

    private static XYSeries add(XYChart chart, String name, Marker marker, Color color, double[]... points) {
        return Theme.line(chart, name, column(points, 0), column(points, 1), color, Theme.SOLID, marker)
                .setXYSeriesRenderStyle(XYSeriesRenderStyle.Scatter);
    }

    private static double[] column(double[][] points, int axis) {
        return Arrays.stream(points).mapToDouble(point -> point[axis]).toArray();
    }

    /** The point of a class that is nearest to its median: among its points even where they lie in two heaps. */
    private static double[] middle(double[][] points) {
        double x = Arrays.stream(column(points, 0)).sorted().toArray()[points.length / 2];
        double y = Arrays.stream(column(points, 1)).sorted().toArray()[points.length / 2];
        return Arrays.stream(points).min(Comparator.comparingDouble(p -> Math.hypot(p[0] - x, p[1] - y))).orElseThrow();
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
