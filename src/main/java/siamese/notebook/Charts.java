package siamese.notebook;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.StringJoiner;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.XYSeries.XYSeriesRenderStyle;
import org.knowm.xchart.internal.chartpart.AxesChart;
import org.knowm.xchart.internal.chartpart.Chart;
import org.knowm.xchart.internal.series.Series;
import org.knowm.xchart.style.AxesChartStyler;
import org.knowm.xchart.style.AxesChartStyler.TextAlignment;
import org.knowm.xchart.style.Styler.LegendLayout;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.markers.Marker;
import org.knowm.xchart.style.markers.SeriesMarkers;
import siamese.data.Pairs;
import siamese.evaluation.Embeddings;
import siamese.evaluation.VerificationReport;
import siamese.model.History;

/**
 * The project's charts, all in one theme: white paper, colours that colour-blind readers can tell apart (Okabe and Ito),
 * and different dashes or markers as well, so that they stay legible in grey. Every title names the data, such as
 * "MNIST, quick run". The charts are plain XChart charts: restyle them with {@code getStyler()} before they are shown.
 */
public final class Charts {

    static final Color BLUE = new Color(0x0072B2);
    static final Color VERMILLION = new Color(0xD55E00);
    /** The colours of Okabe and Ito that are dark enough on white. */
    private static final Color[] PALETTE = {BLUE, VERMILLION, new Color(0x009E73), new Color(0xCC79A7), new Color(0x000000),
        new Color(0xE69F00), new Color(0x56B4E9), new Color(0x767676)};
    /** Two more, for ten classes of points that differ in shape as well. */
    private static final Color[] TEN = Stream.concat(Arrays.stream(PALETTE), Stream.of(new Color(0x882255), new Color(0x332288)))
            .toArray(Color[]::new);
    static final Color INK = new Color(0x222222);
    static final Color GREY = new Color(0x767676);

    private static final BasicStroke SOLID = stroke(2.2f);
    private static final BasicStroke DASHED = stroke(2.2f, 8, 5);
    private static final BasicStroke DOTTED = stroke(1.5f, 2, 4);

    private static final int WIDTH = 720;
    private static final int HEIGHT = 450;
    private static final int BINS = 40;

    /** The ROC corner that is always shown: 5 % of the dissimilar pairs accepted. */
    private static final double SMALLEST_CORNER = 0.05;

    /** A line is simplified by at most this share of the plot's width: half a pixel. */
    private static final double TOLERANCE = 0.0008;

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
        if (epochs.isEmpty()) {
            throw new IllegalArgumentException(
                    "history has no finished epoch, so there is nothing to draw; train for at least one whole epoch.");
        }
        XYChart chart = chart("Training and test loss: " + history.source(), "Epoch", "Loss (mean over the pairs)");
        addLosses(chart, epochs);
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
        if (distances.length != pairs.size()) {
            throw new IllegalArgumentException("distances has " + Text.count(distances.length) + " entries, but there are "
                    + Text.count(pairs.size()) + " pairs; compute them with network.distances(pairs).");
        }
        for (int p = 0; p < distances.length; p++) {
            if (!(distances[p] >= 0 && distances[p] < Double.POSITIVE_INFINITY)) {
                throw new IllegalArgumentException("distances[" + p + "] is " + distances[p]
                        + ", but a distance is at least 0 and finite; was the network trained with too high a rate?");
            }
        }
        if (!Double.isFinite(threshold)) {
            throw new IllegalArgumentException("threshold is " + threshold
                    + ", but must be finite; report.equalErrorThreshold() gives one.");
        }
        double largest = Math.max(Arrays.stream(distances).max().orElse(0), threshold);
        double bin = niceStep(largest > 0 ? largest / BINS : 1);
        double[] similar = shares(pairs, distances, true, bin, largest);
        double[] dissimilar = shares(pairs, distances, false, bin, largest);
        double top = 1.05 * Math.max(Arrays.stream(similar).max().orElse(0), Arrays.stream(dissimilar).max().orElse(0));

        XYChart chart = chart("Distances of similar and dissimilar pairs: " + pairs.source(),
                "Distance D between the two embeddings (bins of " + Text.number(bin) + ")",
                "Share of the pairs of each kind (%)");
        addHistogram(chart, "similar (" + kindCount(pairs, true) + " pairs)", similar, bin, BLUE, SOLID);
        addHistogram(chart, "dissimilar (" + kindCount(pairs, false) + " pairs)", dissimilar, bin, VERMILLION, DASHED);
        addLine(chart, "threshold " + Text.number(threshold), new double[] {threshold, threshold}, new double[] {0, top},
                INK, stroke(2.2f, 2, 4), SeriesMarkers.NONE);
        chart.getStyler().setXAxisMin(0.0).setXAxisMax(bin * similar.length).setYAxisMin(0.0).setYAxisMax(top);
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
     * @return the chart; its vertical axis starts at 1 − {@code largestFalseAcceptRate}, so that both show equal lengths
     * @throws IllegalArgumentException if the rate is out of range
     */
    public static XYChart roc(VerificationReport report, double largestFalseAcceptRate) {
        double corner = largestFalseAcceptRate;
        if (!(corner > 0 && corner <= 1)) {
            throw new IllegalArgumentException("largestFalseAcceptRate is " + corner
                    + ", but must be above 0 and at most 1; 1 shows the whole curve.");
        }
        XYChart chart = chart((corner < 1 ? "ROC curve, upper left corner: " : "ROC curve: ") + report.source(),
                "False accept rate (% of the dissimilar pairs)", "True accept rate (% of the similar pairs)");
        double[][] curve = corner(report, corner);
        addLine(chart, String.format(Locale.ROOT, "ROC curve, area %.5f", report.auc()), curve[0], curve[1], BLUE, SOLID,
                SeriesMarkers.NONE);
        addLine(chart, "false accepts = false rejects", new double[] {0, 100 * corner},
                new double[] {100, 100 - 100 * corner}, GREY, DOTTED, SeriesMarkers.NONE);
        double error = report.equalErrorRate();
        if (error <= corner) {
            String at = Text.number(report.equalErrorThreshold());
            addLine(chart, "equal error rate " + Text.percent(error) + " at D ≤ " + at, new double[] {100 * error},
                    new double[] {100 - 100 * error}, VERMILLION, SOLID, SeriesMarkers.DIAMOND);
        }
        chart.getStyler().setXAxisMin(0.0).setXAxisMax(100 * corner).setYAxisMin(100 - 100 * corner).setYAxisMax(100.0);
        return chart;
    }

    /**
     * The detection error trade-off (DET) curve: the false reject rate over the false accept rate, both in percent on
     * logarithmic axes, which give the small errors of a good network as much room as the large ones. (The curve's
     * inventors, A. Martin et al., 1997, used axes by the quantiles of the normal distribution.) Rates of 0 have no place
     * on such axes and are left out.
     *
     * @param reports one curve each, named by its source; at least one
     * @return the chart
     * @throws IllegalArgumentException if there is no report, two have the same source, or one makes no errors of both
     *     kinds at any threshold, so that it has no curve
     */
    public static XYChart det(VerificationReport... reports) {
        if (reports.length == 0) {
            throw new IllegalArgumentException("reports is empty; give at least one.");
        }
        XYChart chart = xy("Detection error trade-off" + (reports.length == 1 ? ": " + reports[0].source() : ""),
                "False accept rate (% of the dissimilar pairs)", "False reject rate (% of the similar pairs)");
        double least = 100;
        for (VerificationReport report : reports) {
            double[][] curve = tradeOff(report);
            chart.addSeries(reports.length == 1 ? "DET curve" : report.source(), curve[0], curve[1]);
            least = Math.min(least, Math.min(curve[0][0], curve[1][curve[1].length - 1]));
        }
        double low = Math.pow(10, Math.floor(Math.log10(least) + 1e-9));
        addLine(chart, "false accepts = false rejects", new double[] {low, 100}, new double[] {low, 100}, GREY, DOTTED,
                SeriesMarkers.NONE);
        chart.getStyler().setXAxisLogarithmic(true).setYAxisLogarithmic(true).setXAxisMin(low).setXAxisMax(100.0)
                .setYAxisMin(low).setYAxisMax(100.0);
        return chart;
    }

    /**
     * A square table of values as shades from white (0) to blue (the highest), with each value written in its place.
     *
     * @param title of the chart; name the data in it
     * @param xTitle what the columns are
     * @param yTitle what the rows are
     * @param names of the columns from left to right, and of the rows from top to bottom
     * @param values row by row, each 0 or more and finite
     * @return the picture; it shows itself like any chart
     * @throws IllegalArgumentException if the values are not as many rows and columns as there are names, or one is out of
     *     range
     */
    public static XYChart heatMap(String title, String xTitle, String yTitle, List<String> names, double[][] values) {
        return new HeatMap(title, xTitle, yTitle, names, values);
    }

    /**
     * An empty chart in the course's theme, for series of your own: {@code chart.addSeries(name, x, y)} takes the next of
     * eight colours and four dashes, which tell the lines apart in grey as well.
     *
     * @param title of the chart; name the data in it
     * @param xTitle what the horizontal axis shows, with its unit
     * @param yTitle what the vertical axis shows, with its unit
     * @return the chart, without series
     */
    public static XYChart xy(String title, String xTitle, String yTitle) {
        BasicStroke[] dashes = {SOLID, DASHED, stroke(2.2f, 2, 3), stroke(2.2f, 10, 4, 2, 4)};
        XYChart chart = new DashedChart(WIDTH, HEIGHT, dashes);
        theme(chart, title, xTitle, yTitle);
        chart.getStyler().setSeriesColors(PALETTE).setSeriesMarkers(new Marker[] {SeriesMarkers.NONE});
        return chart;
    }

    /**
     * Points in two dimensions, such as a projection of embeddings: each class has a colour and a shape of its own (up to
     * ten; then they come again), and its number is written among its points.
     *
     * @param title of the chart; name the data in it
     * @param points at least two finite coordinates each, of which the first two are shown; at least one point
     * @param labels the class of each point, 0 or more
     * @return the chart; its axes are called first and second coordinate until you name them
     * @throws IllegalArgumentException if the lengths differ, there is no point, or a value is out of range
     */
    public static XYChart scatter(String title, double[][] points, int[] labels) {
        return ScatterChart.fill(chart(title, "First coordinate", "Second coordinate"), points, labels, TEN);
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
    public static XYChart grid(int columns, XYChart... charts) {
        if (columns < 1 || charts.length == 0) {
            throw new IllegalArgumentException("columns and charts must be at least one, but are " + columns + " and " + charts.length + ".");
        }
        return new ChartGrid(WIDTH, columns, List.of(charts));
    }

    /** The small chart that grows during training: the mean loss of the epoch so far, and the test loss at epoch ends. */
    static XYChart growing(String source, double[] at, double[] running, List<History.Epoch> epochs, int total) {
        XYChart chart = chart(560, 310, "Loss while training: " + source, "Epochs done", "Loss");
        addLine(chart, "training loss, mean of the epoch so far", at, running, BLUE, stroke(1.6f), SeriesMarkers.NONE);
        addSeries(chart, "test loss", epochs, History.Epoch::testLoss, VERMILLION, DASHED, SeriesMarkers.SQUARE);
        integerTicks(chart, 0, total);
        return chart;
    }

    /** The picture of any XChart chart, and in words: title, axes, and each series' ends and extremes. */
    static View view(Chart<?, ?> chart) {
        return View.picture(View.paint(chart.getWidth(), chart.getHeight(),
                graphics -> chart.paint(graphics, chart.getWidth(), chart.getHeight())), describe(chart));
    }

    static String describe(Chart<?, ?> chart) {
        if (chart instanceof ChartGrid grid) {
            return grid.describe();
        }
        if (chart instanceof HeatMap map) {
            return map.describe();
        }
        StringJoiner text = new StringJoiner(" ");
        text.add("Chart" + (chart.getTitle() == null || chart.getTitle().isBlank() ? "." : ": " + chart.getTitle() + "."));
        if (chart instanceof AxesChart<?, ?> axes) {
            text.add("Horizontal axis: " + axes.getXAxisTitle() + ". Vertical axis: " + axes.getYAxisTitle() + ".");
        }
        StringJoiner series = new StringJoiner("; ", "Shown: ", ".");
        for (Series each : chart.getSeriesCollection()) {
            if (each.isShowInLegend()) {
                series.add(each.getName() + (each instanceof XYSeries xy ? course(xy) : ""));
            }
        }
        return text.add(series.toString()).toString();
    }

    private static String course(XYSeries series) {
        if (series.getXYSeriesRenderStyle().filter(style -> style == XYSeriesRenderStyle.Scatter).isPresent()) {
            return ScatterChart.words(series);
        }
        double[] x = series.getXData();
        double[] y = series.getYData();
        if (y.length < 2) {
            return y.length == 0 ? "" : " (at " + Text.number(x[0]) + ", " + Text.number(y[0]) + ")";
        }
        int low = 0;
        int high = 0;
        for (int i = 1; i < y.length; i++) {
            low = y[i] < y[low] ? i : low;
            high = y[i] > y[high] ? i : high;
        }
        int last = y.length - 1;
        if (x[0] == x[last]) {
            return " (vertical line)";
        }
        return y[0] == y[last]
                ? " (highest, " + Text.number(y[high]) + ", at " + Text.number(x[high]) + ")"
                : " (from " + Text.number(y[0]) + " at " + Text.number(x[0]) + " to " + Text.number(y[last]) + " at "
                        + Text.number(x[last]) + ", lowest " + Text.number(y[low]) + " at " + Text.number(x[low]) + ")";
    }

    // The theme

    private static XYChart chart(String title, String xTitle, String yTitle) {
        return chart(WIDTH, HEIGHT, title, xTitle, yTitle);
    }

    private static XYChart chart(int width, int height, String title, String xTitle, String yTitle) {
        XYChart chart = new XYChart(width, height);
        theme(chart, title, xTitle, yTitle);
        return chart;
    }

    /** Titles, fonts and colours that all charts with axes share. */
    static void theme(AxesChart<?, ?> chart, String title, String xTitle, String yTitle) {
        chart.setTitle(title);
        chart.setXAxisTitle(xTitle);
        chart.setYAxisTitle(yTitle);
        AxesChartStyler styler = chart.getStyler();
        Font font = new Font(Font.SANS_SERIF, Font.PLAIN, 13);
        styler.setLocale(Locale.ROOT);
        styler.setChartTitleFont(font.deriveFont(Font.BOLD, 16f)).setChartTitleBoxVisible(false).setChartTitlePadding(8);
        styler.setChartBackgroundColor(Color.WHITE).setPlotBackgroundColor(Color.WHITE).setChartFontColor(INK);
        styler.setPlotBorderVisible(false).setChartPadding(12).setPlotContentSize(0.96);
        styler.setLegendFont(font).setLegendPosition(LegendPosition.OutsideS).setLegendLayout(LegendLayout.Vertical)
                .setLegendBorderColor(Color.WHITE).setLegendBackgroundColor(Color.WHITE).setLegendSeriesLineLength(36)
                .setLegendPadding(6);
        styler.setMarkerSize(8).setDecimalPattern("0.#####");
        styler.setAxisTitleFont(font.deriveFont(14f)).setAxisTickLabelsFont(font).setAxisTickLabelsColor(INK)
                .setAxisTickMarksColor(GREY).setAxisTitlePadding(8).setPlotMargin(0)
                .setYAxisLabelAlignment(TextAlignment.Right)
                .setPlotGridLinesColor(new Color(0xDDDDDD)).setPlotGridLinesStroke(stroke(1));
    }

    private static BasicStroke stroke(float width, float... dashes) {
        return new BasicStroke(width, BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND, 10,
                dashes.length == 0 ? null : dashes, 0);
    }

    private static XYSeries addLine(XYChart chart, String name, double[] x, double[] y, Color color, BasicStroke stroke,
            Marker marker) {
        XYSeries series = chart.addSeries(name, x, y);
        series.setMarker(marker).setMarkerColor(color).setLineColor(color).setLineStyle(stroke);
        series.setLineWidth(stroke.getLineWidth());
        return series;
    }

    // Losses

    private static void addLosses(XYChart chart, List<History.Epoch> epochs) {
        addSeries(chart, "training loss", epochs, History.Epoch::trainLoss, BLUE, SOLID, SeriesMarkers.CIRCLE);
        addSeries(chart, "test loss", epochs, History.Epoch::testLoss, VERMILLION, DASHED, SeriesMarkers.SQUARE);
    }

    /** Adds one value an epoch, leaving out those that are not finite, and the whole series where none is. */
    private static void addSeries(XYChart chart, String name, List<History.Epoch> epochs,
            ToDoubleFunction<History.Epoch> value, Color color, BasicStroke stroke, Marker marker) {
        List<History.Epoch> finite = epochs.stream().filter(e -> Double.isFinite(value.applyAsDouble(e))).toList();
        if (!finite.isEmpty()) {
            addLine(chart, name, finite.stream().mapToDouble(History.Epoch::number).toArray(),
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

    // Histograms

    private static String kindCount(Pairs pairs, boolean similar) {
        return Text.count(similar ? pairs.similarCount() : pairs.size() - pairs.similarCount());
    }

    private static double[] shares(Pairs pairs, double[] distances, boolean similar, double bin, double largest) {
        double[] shares = new double[(int) Math.floor(largest / bin) + 1];
        int count = 0;
        for (int p = 0; p < distances.length; p++) {
            if (pairs.similar()[p] == similar) {
                shares[Math.min((int) (distances[p] / bin), shares.length - 1)]++;
                count++;
            }
        }
        if (count == 0) {
            throw new IllegalArgumentException("pairs has no " + (similar ? "similar" : "dissimilar")
                    + " pair, so its distribution cannot be drawn; use pairs of both kinds.");
        }
        for (int b = 0; b < shares.length; b++) {
            shares[b] *= 100.0 / count;
        }
        return shares;
    }

    /** The next of 1, 2, 2.5 or 5 times a power of ten. */
    private static double niceStep(double atLeast) {
        double power = Math.pow(10, Math.floor(Math.log10(atLeast)));
        for (double factor : new double[] {1, 2, 2.5, 5}) {
            if (factor * power >= atLeast * (1 - 1e-9)) {
                return factor * power;
            }
        }
        return 10 * power;
    }

    /** Draws the bins as the outline of their bars. */
    private static void addHistogram(XYChart chart, String name, double[] shares, double bin, Color color,
            BasicStroke stroke) {
        double[] x = new double[2 * shares.length + 2];
        double[] y = new double[x.length];
        for (int b = 0; b < shares.length; b++) {
            x[2 * b + 1] = bin * b;
            x[2 * b + 2] = bin * (b + 1);
            y[2 * b + 1] = shares[b];
            y[2 * b + 2] = shares[b];
        }
        x[x.length - 1] = bin * shares.length;
        XYSeries series = addLine(chart, name, x, y, color, stroke, SeriesMarkers.NONE);
        series.setXYSeriesRenderStyle(XYSeriesRenderStyle.Area);
        series.setFillColor(new Color(color.getRed(), color.getGreen(), color.getBlue(), 60));
    }

    // ROC curves

    /** The part of the curve up to a false accept rate, in percent, thinned out where that cannot be seen. */
    private static double[][] corner(VerificationReport report, double corner) {
        double[] far = report.falseAcceptRates();
        double[] tar = report.trueAcceptRates();
        double[] x = new double[far.length + 2];
        double[] y = new double[far.length + 2];
        int n = 1; // every curve starts at (0, 0): nothing accepted
        for (int i = 0; i < far.length && x[n - 1] < corner; i++, n++) {
            double share = far[i] <= corner ? 1 : (corner - x[n - 1]) / (far[i] - x[n - 1]);
            x[n] = Math.min(far[i], corner);
            y[n] = y[n - 1] + share * (tar[i] - y[n - 1]);
        }
        if (x[n - 1] < corner) { // and ends at (1, 1): everything accepted
            y[n] = y[n - 1] + (1 - y[n - 1]) * (corner - x[n - 1]) / (1 - x[n - 1]);
            x[n++] = corner;
        }
        BitSet kept = simplify(x, y, n, TOLERANCE * corner);
        return new double[][] {kept.stream().mapToDouble(i -> 100 * x[i]).toArray(),
            kept.stream().mapToDouble(i -> 100 * y[i]).toArray()};
    }

    /** False accept and false reject rates above 0, in percent, thinned out where that cannot be seen on logarithmic axes. */
    private static double[][] tradeOff(VerificationReport report) {
        double[] far = report.falseAcceptRates();
        double[] frr = Arrays.stream(report.trueAcceptRates()).map(tar -> 1 - tar).toArray();
        int[] shown = IntStream.range(0, far.length).filter(k -> far[k] > 0 && frr[k] > 1e-12).toArray();
        if (shown.length == 0) {
            throw new IllegalArgumentException("The report on " + report.source()
                    + " never has both kinds of errors, so it has no DET curve; judge it on more or harder pairs.");
        }
        double[] x = Arrays.stream(shown).mapToDouble(k -> Math.log10(100 * far[k])).toArray();
        double[] y = Arrays.stream(shown).mapToDouble(k -> Math.log10(100 * frr[k])).toArray();
        int[] kept = simplify(x, y, shown.length, 4 * TOLERANCE).stream().toArray();
        return new double[][] {Arrays.stream(kept).mapToDouble(k -> 100 * far[shown[k]]).toArray(),
            Arrays.stream(kept).mapToDouble(k -> 100 * frr[shown[k]]).toArray()};
    }

    /** Ramer, Douglas and Peucker: keeps the points without which the line would move by more than the tolerance. */
    private static BitSet simplify(double[] x, double[] y, int n, double tolerance) {
        BitSet kept = new BitSet(n);
        kept.set(0);
        kept.set(n - 1);
        Deque<int[]> open = new ArrayDeque<>(List.of(new int[] {0, n - 1}));
        while (!open.isEmpty()) {
            int[] part = open.pop();
            double dx = x[part[1]] - x[part[0]];
            double dy = y[part[1]] - y[part[0]];
            double length = Math.hypot(dx, dy);
            double worst = tolerance;
            int at = -1;
            for (int i = part[0] + 1; i < part[1]; i++) {
                double ax = x[i] - x[part[0]];
                double ay = y[i] - y[part[0]];
                double off = length == 0 ? Math.hypot(ax, ay) : Math.abs(dx * ay - dy * ax) / length;
                if (off > worst) {
                    worst = off;
                    at = i;
                }
            }
            if (at >= 0) {
                kept.set(at);
                open.push(new int[] {part[0], at});
                open.push(new int[] {at, part[1]});
            }
        }
        return kept;
    }
}
