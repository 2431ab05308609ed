package siamese.notebook;

import java.awt.BasicStroke;
import java.awt.Color;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.apache.commons.lang3.Validate;
import org.knowm.xchart.HeatMapChart;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.XYSeries.XYSeriesRenderStyle;
import org.knowm.xchart.internal.chartpart.Chart;
import org.knowm.xchart.style.markers.Marker;
import org.knowm.xchart.style.markers.SeriesMarkers;
import siamese.data.Pairs;
import siamese.evaluation.Embeddings;
import siamese.evaluation.VerificationReport;
import siamese.model.History;

/**
 * The project's charts, all in one theme: white paper, colours that colour-blind readers can tell apart (Okabe and
 * Ito), and different dashes or markers as well, so that they stay legible in grey. Every title names the data, such
 * as "MNIST, quick run". The charts are plain XChart charts: restyle them with {@code getStyler()} before they are
 * shown.
 */
public final class Charts {

    static final Color BLUE = new Color(0x0072B2);
    static final Color VERMILLION = new Color(0xD55E00);
    static final Color INK = new Color(0x222222);
    static final Color GREY = new Color(0x767676);

    /** The colour of similar pairs, and of false rejects, which are the errors on them: blue. */
    public static final Color SIMILAR = BLUE;

    /** The colour of dissimilar pairs, and of false accepts, which are the errors on them: vermillion. */
    public static final Color DISSIMILAR = VERMILLION;

    private static final int BINS = 40;

    /** The ROC corner that is always shown: 5 % of the dissimilar pairs accepted. */
    private static final double SMALLEST_CORNER = 0.05;

    private Charts() {}

    /**
     * Training and test loss over the epochs.
     *
     * @param history at least one finished epoch; an epoch's test loss may be NaN where none was computed
     * @return the chart
     * @throws IllegalArgumentException if no epoch was finished
     */
    public static XYChart losses(History history) {
        List<History.Epoch> epochs = history.epochs();
        Validate.isTrue(!epochs.isEmpty(), "history has no finished epoch, so there is nothing to draw; train for at "
                + "least one whole epoch.");
        XYChart chart = xy("Training and test loss: " + history.source(), "Epoch", "Loss (mean over the pairs)");
        addEpochs(chart, "training loss", epochs, History.Epoch::trainLoss, BLUE, Theme.SOLID, SeriesMarkers.CIRCLE);
        addEpochs(chart, "test loss", epochs, History.Epoch::testLoss, VERMILLION, Theme.DASHED, SeriesMarkers.SQUARE);
        integerTicks(chart, 1, epochs.get(epochs.size() - 1).number());
        return chart;
    }

    /**
     * The distribution of the distances of similar and of dissimilar pairs, as two histograms over the same bins, each
     * in percent of the pairs of its kind, with the decision threshold as a vertical line.
     *
     * @param pairs the pairs, of both kinds
     * @param distances one distance a pair, each at least 0 and finite
     * @param threshold pairs at most this far apart are taken for similar; finite
     * @return the chart
     * @throws IllegalArgumentException if the lengths differ, a kind is missing, or a value is out of range
     */
    public static XYChart distances(Pairs pairs, double[] distances, double threshold) {
        Validate.isTrue(distances.length == pairs.size(), "distances has %s entries, but there are %s pairs; compute "
                + "them with network.distances(pairs).", Text.count(distances.length), Text.count(pairs.size()));
        for (int p = 0; p < distances.length; p++) {
            Validate.isTrue(distances[p] >= 0 && distances[p] < Double.POSITIVE_INFINITY, "distances[%s] is %s, but a "
                    + "distance is at least 0 and finite; was the network trained with too high a rate?", p,
                    distances[p]);
        }
        Validate.isTrue(Double.isFinite(threshold), "threshold is %s, but must be finite; report.equalErrorThreshold() "
                + "gives one.", threshold);
        double largest = Math.max(Arrays.stream(distances).max().orElse(0), threshold);
        double bin = niceStep(largest > 0 ? largest / BINS : 1);
        int bins = (int) Math.floor(largest / bin) + 1;
        XYChart chart = xy("Distances of similar and dissimilar pairs: " + pairs.source(),
                "Distance D between the two embeddings (bins of " + Text.number(bin) + ")",
                "Share of the pairs of each kind (%)");
        double top = 1.05 * Math.max(addHistogram(chart, pairs, distances, true, bin, bins),
                addHistogram(chart, pairs, distances, false, bin, bins));
        Theme.line(chart, "threshold " + Text.number(threshold), new double[] {threshold, threshold},
                new double[] {0, top}, INK, Theme.DOTTED, SeriesMarkers.NONE);
        chart.getStyler().setXAxisMin(0.0).setXAxisMax(bin * bins).setYAxisMin(0.0).setYAxisMax(top);
        return chart;
    }

    /**
     * The corner of the ROC curve that matters: false accept rates from 0 to 5 %, or further where the equal error rate
     * asks for it, with the point of equal error marked.
     *
     * @param report the verification results
     * @return the chart
     */
    public static XYChart roc(VerificationReport report) {
        double corner = Math.max(SMALLEST_CORNER, Math.ceil(60 * report.equalErrorRate()) / 20);
        return roc(report, corner > 0.5 ? 1 : corner);
    }

    /**
     * The ROC curve up to a given false accept rate; 1 shows the whole curve.
     *
     * @param report the verification results
     * @param largestFalseAcceptRate where the horizontal axis ends, above 0 and at most 1
     * @return the chart; its vertical axis starts at 1 − {@code largestFalseAcceptRate}, so that both are equally long
     * @throws IllegalArgumentException if the rate is out of range
     */
    public static XYChart roc(VerificationReport report, double largestFalseAcceptRate) {
        return ErrorCurves.roc(report, largestFalseAcceptRate);
    }

    /**
     * The detection error trade-off (DET) curve: the false reject rate over the false accept rate, both in percent on
     * logarithmic axes, which give the small errors of a good network as much room as the large ones. (The curve's
     * inventors, A. Martin et al., 1997, used axes by the quantiles of the normal distribution.) Rates of 0 have no
     * place on such axes and are left out.
     *
     * @param reports one curve each, named by its source; at least one
     * @return the chart
     * @throws IllegalArgumentException if there is no report, two have the same source, or one makes no errors of both
     *     kinds at any threshold, so that it has no curve
     */
    public static XYChart det(VerificationReport... reports) {
        return ErrorCurves.det(reports);
    }

    /**
     * A square table of values in six shades from white (0) to blue (the highest), each value written in its cell.
     *
     * @param title of the chart; name the data in it
     * @param xTitle what the columns are
     * @param yTitle what the rows are
     * @param names of the columns from left to right, and of the rows from top to bottom
     * @param values row by row, each 0 or more and finite
     * @return the chart
     * @throws IllegalArgumentException if the values are not as many rows and columns as there are names, or one is
     *     out of range
     */
    public static HeatMapChart heatMap(String title, String xTitle, String yTitle, List<String> names,
            double[][] values) {
        return HeatMap.of(title, xTitle, yTitle, names, values);
    }

    /**
     * An empty chart in the course's theme, for series of your own: {@code chart.addSeries(name, x, y)} takes the next
     * of ten colours and four dashes, which tell the lines apart in grey as well.
     *
     * @param title of the chart; name the data in it
     * @param xTitle what the horizontal axis shows, with its unit
     * @param yTitle what the vertical axis shows, with its unit
     * @return the chart, without series
     */
    public static XYChart xy(String title, String xTitle, String yTitle) {
        return Theme.chart(Theme.WIDTH, Theme.HEIGHT, title, xTitle, yTitle);
    }

    /**
     * Points in two dimensions, such as a projection of embeddings: each class has a colour and a shape of its own (up
     * to ten; then they come again), and its number is written among its points.
     *
     * @param title of the chart; name the data in it
     * @param points at least two finite coordinates each, of which the first two are shown; at least one point
     * @param labels the class of each point, 0 or more
     * @return the chart; its axes are called first and second coordinate until you name them
     * @throws IllegalArgumentException if the lengths differ, there is no point, or a value is out of range
     */
    public static XYChart scatter(String title, double[][] points, int[] labels) {
        return Scatter.fill(xy(title, "First coordinate", "Second coordinate"), points, labels);
    }

    /**
     * The same for embeddings, whose source is added to the title.
     *
     * @param title of the chart, without the name of the data
     * @param points of two dimensions or more, of which the first two are shown
     * @return the chart; its axes are called first and second coordinate until you name them
     * @throws IllegalArgumentException if the points have one dimension only
     */
    public static XYChart scatter(String title, Embeddings points) {
        return scatter(title + ": " + points.source(), points.vectors(), points.labels());
    }

    /**
     * Several charts as one picture, row by row, each small, square and without its legend.
     *
     * @param columns how many beside each other, at least 1
     * @param charts at least one; they are restyled
     * @return the picture; it shows itself like any chart
     * @throws IllegalArgumentException if there is no chart or no column
     */
    public static ChartGrid grid(int columns, XYChart... charts) {
        return new ChartGrid(columns, List.of(charts)).restyled();
    }

    /** The small chart that grows during training: mean loss of the epoch so far, and test loss at epoch ends. */
    static XYChart growing(String source, double[] at, double[] running, List<History.Epoch> epochs, int total) {
        XYChart chart = Theme.chart(560, 310, "Loss while training: " + source, "Epochs done", "Loss");
        Theme.line(chart, "training loss, mean of the epoch so far", at, running, BLUE, Theme.stroke(1.6f),
                SeriesMarkers.NONE);
        addEpochs(chart, "test loss", epochs, History.Epoch::testLoss, VERMILLION, Theme.DASHED, SeriesMarkers.SQUARE);
        integerTicks(chart, 0, total);
        return chart;
    }

    private static void checkFinite(XYSeries line) {
        Validate.isTrue(DoubleStream.concat(DoubleStream.of(line.getXData()), DoubleStream.of(line.getYData()))
                .noneMatch(Double::isInfinite), "The series \"%s\" has an infinite value, which cannot be drawn; leave "
                + "that point out. The thresholds of a report begin with one, where no pair is accepted: "
                + "Arrays.copyOfRange(values, 1, values.length) leaves the first point out.", line.getName());
    }

    /** The picture of any XChart chart, and the same in words. */
    static View view(Chart<?, ?> chart) {
        if (chart instanceof XYChart xy) {
            xy.getSeriesCollection().forEach(Charts::checkFinite);
        }
        return View.picture(View.paint(chart.getWidth(), chart.getHeight(),
                graphics -> chart.paint(graphics, chart.getWidth(), chart.getHeight())), AltText.of(chart));
    }

    /** Adds one value an epoch, leaving out those that are not finite, and the whole series where none is. */
    private static void addEpochs(XYChart chart, String name, List<History.Epoch> epochs,
            ToDoubleFunction<History.Epoch> value, Color color, BasicStroke stroke, Marker marker) {
        List<History.Epoch> finite = epochs.stream().filter(e -> Double.isFinite(value.applyAsDouble(e))).toList();
        if (!finite.isEmpty()) {
            Theme.line(chart, name, finite.stream().mapToDouble(History.Epoch::number).toArray(),
                    finite.stream().mapToDouble(value).toArray(), color, stroke, marker);
        }
    }

    /** Shows losses from 0 on, and labels whole epochs only. */
    private static void integerTicks(XYChart chart, int first, int last) {
        double room = first == last ? 1 : 0;
        chart.getStyler().setXAxisMin(first - room).setXAxisMax(last + room).setYAxisMin(0.0);
        chart.setCustomXAxisTickLabelsFormatter(x -> Math.abs(x - Math.rint(x)) < 1e-6
                ? String.valueOf(Math.round(x)) : "");
    }

    /** The next of 1, 2, 2.5 or 5 times a power of ten. */
    private static double niceStep(double atLeast) {
        double power = Math.pow(10, Math.floor(Math.log10(atLeast)));
        return DoubleStream.of(1, 2, 2.5, 5).map(factor -> factor * power)
                .filter(step -> step >= atLeast * (1 - 1e-9)).findFirst().orElse(10 * power);
    }

    /** Draws one kind's shares of each bin, in percent, as the outline of their bars, and returns the highest. */
    private static double addHistogram(XYChart chart, Pairs pairs, double[] distances, boolean similar, double bin,
            int bins) {
        String kind = similar ? "similar" : "dissimilar";
        boolean[] kinds = pairs.similar();
        int[] mine = IntStream.range(0, distances.length).filter(p -> kinds[p] == similar).toArray();
        Validate.isTrue(mine.length != 0, "pairs has no %s pair, so its distribution cannot be drawn; use pairs of "
                + "both kinds.", kind);
        double[] shares = new double[bins + 2]; // starts and ends with 0
        for (int p : mine) {
            shares[1 + Math.min((int) (distances[p] / bin), bins - 1)] += 100.0 / mine.length;
        }
        double[] edges = IntStream.range(0, shares.length).mapToDouble(i -> Math.max(0, i - 1) * bin).toArray();
        Color color = similar ? SIMILAR : DISSIMILAR;
        Theme.line(chart, kind + " (" + Text.count(mine.length) + " pairs)", edges, shares, color,
                similar ? Theme.SOLID : Theme.DASHED, SeriesMarkers.NONE)
                .setXYSeriesRenderStyle(XYSeriesRenderStyle.StepArea)
                .setFillColor(new Color(color.getRed(), color.getGreen(), color.getBlue(), 60));
        return Arrays.stream(shares).max().orElseThrow();
    }
}
