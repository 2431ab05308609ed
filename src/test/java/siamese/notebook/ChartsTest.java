package siamese.notebook;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.font.FontRenderContext;
import java.awt.geom.Line2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.knowm.xchart.HeatMapChart;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYSeries;
import siamese.data.Pairs;
import siamese.evaluation.Embeddings;
import siamese.evaluation.VerificationReport;

class ChartsTest {

    private static final Pairs PAIRS = Samples.pairs();
    private static final double[] DISTANCES = Samples.distances(PAIRS);

    private static List<XYChart> all() {
        return List.of(Charts.losses(Samples.history(false, 0.02, 0.01)), Charts.distances(PAIRS, DISTANCES, 0.5),
                Charts.roc(Samples.report()), Charts.roc(Samples.report(), 1));
    }

    private static String refusal(Executable wrong) {
        return assertThrows(IllegalArgumentException.class, wrong).getMessage();
    }

    @Test
    void everyChartNamesItsAxesAndItsData() {
        for (XYChart chart : all()) {
            assertTrue(chart.getXAxisTitle().length() > 4, chart.getTitle());
            assertTrue(chart.getYAxisTitle().length() > 3, chart.getTitle());
        }
        assertEquals("Training and test loss: MNIST, quick run", all().get(0).getTitle());
        for (XYChart chart : all().subList(1, 4)) {
            assertTrue(chart.getTitle().endsWith(": squares & <stripes>"), chart.getTitle());
        }
    }

    @Test
    void picturesHaveTwiceTheirNominalSizeAndAreSmallAndNotBlank() throws IOException {
        for (XYChart chart : all()) {
            String html = Charts.view(chart).html();
            BufferedImage picture = Samples.picture(html);
            assertEquals(chart.getWidth(), Integer.parseInt(Samples.attribute(html, "width")));
            assertEquals(2 * chart.getWidth(), picture.getWidth());
            assertEquals(2 * chart.getHeight(), picture.getHeight());
            assertTrue(Samples.differentColors(picture) > 10, chart.getTitle());
            int size = Samples.png(html).length;
            assertTrue(size < 80_000, chart.getTitle() + " is " + size + " bytes");
        }
    }

    @Test
    void nothingIsClippedAtTheEdges() throws IOException {
        for (XYChart chart : all()) {
            BufferedImage picture = Samples.picture(Charts.view(chart).html());
            for (int x : new int[] {0, 1, picture.getWidth() - 2, picture.getWidth() - 1}) {
                assertEquals(List.of(0xffffff), Samples.column(picture, x).stream().distinct().toList(),
                        chart.getTitle());
            }
        }
    }

    @Test
    void alternativeTextTellsTheKeyNumbersAndIsEscaped() {
        View view = Charts.view(Charts.distances(PAIRS, DISTANCES, 0.5));
        assertTrue(view.text().contains("Horizontal axis: Distance D"), view.text());
        assertTrue(view.text().contains("similar (200 pairs)"), view.text());
        assertTrue(view.text().contains("threshold 0.5"), view.text());
        assertTrue(Samples.attribute(view.html(), "alt").contains("squares &amp; &lt;stripes&gt;"), view.html());
        assertTrue(Charts.view(Charts.losses(Samples.history(false, 0.02, 0.01))).text()
                .contains("training loss (from 0.03125 at 1 to 0.01563 at 2"));
    }

    @Test
    void lossesLeaveOutEpochsWithoutTestLoss() {
        assertEquals(1, Charts.losses(Samples.history(false, Double.NaN, Double.NaN)).getSeriesCollection().size());
        XYChart chart = Charts.losses(Samples.history(false, Double.NaN, 0.5));
        assertEquals(1, chart.getSeries("test loss").getXData().length);
        assertEquals(2, chart.getSeries("test loss").getXData()[0]);
        Charts.view(Charts.losses(Samples.history(false, 0.5)));
        assertThrows(IllegalArgumentException.class, () -> Charts.losses(Samples.history(true)));
    }

    @Test
    void histogramsAreSharesOfEachKind() {
        XYChart chart = Charts.distances(PAIRS, DISTANCES, 0.5);
        for (XYSeries series : List.copyOf(chart.getSeriesCollection()).subList(0, 2)) {
            assertEquals(100, Arrays.stream(series.getYData()).sum(), 1e-9, series.getName());
        }
        double[] threshold = chart.getSeries("threshold 0.5").getXData();
        assertEquals(0.5, threshold[0]);
        assertEquals(0.5, threshold[1]);
    }

    @Test
    void distancesAreChecked() {
        String message = refusal(() -> Charts.distances(PAIRS, new double[3], 1));
        assertTrue(message.contains("distances has 3 entries") && message.contains("400 pairs"), message);
        double[] broken = DISTANCES.clone();
        broken[7] = Double.NaN;
        message = refusal(() -> Charts.distances(PAIRS, broken, 1));
        assertTrue(message.contains("distances[7] is NaN"), message);
        assertThrows(IllegalArgumentException.class, () -> Charts.distances(PAIRS, DISTANCES, Double.NaN));
        Charts.view(Charts.distances(PAIRS, new double[400], 0)); // an untrained network may map all to one point
    }

    @Test
    void rocShowsTheCornerWithThePointOfEqualError() {
        double error = Samples.report().equalErrorRate();
        XYChart chart = Charts.roc(Samples.report());
        assertTrue(chart.getStyler().getXAxisMax() >= 300 * error, "room around the point of equal error");
        XYSeries point = List.copyOf(chart.getSeriesCollection()).get(2);
        assertEquals(100 * error, point.getXData()[0], 1e-9);
        assertEquals(100 - 100 * error, point.getYData()[0], 1e-9);
        assertEquals(2, Charts.roc(Samples.report(), error / 2).getSeriesCollection().size(), "the point is outside");
        assertThrows(IllegalArgumentException.class, () -> Charts.roc(Samples.report(), 0));
    }

    @Test
    void longRocCurvesAreThinnedOutWithoutChangingTheirShape() {
        int n = 20_000;
        double[] far = IntStream.rangeClosed(0, n).mapToDouble(i -> (double) i / n).toArray();
        double[] tar = Arrays.stream(far).map(x -> Math.pow(x, 0.05)).toArray();
        VerificationReport report = new VerificationReport("curve", n, n / 2, new double[n + 1], far, tar, 0.95, 0.04,
                0.5, 0.9, 0.5);
        XYSeries series = Charts.roc(report, 1).getSeriesCollection().iterator().next();
        double[] x = series.getXData();
        double[] y = series.getYData();
        assertTrue(x.length > 10 && x.length < 2_600, x.length + " points"); // 2 ways of 1,250 tolerances
        for (int i = 0; i <= n; i++) {
            double off = Double.POSITIVE_INFINITY;
            for (int k = 1; k < x.length; k++) {
                off = Math.min(off, Line2D.ptSegDist(x[k - 1], y[k - 1], x[k], y[k], 100 * far[i], 100 * tar[i]));
            }
            assertTrue(off <= 0.1, "off by " + off + " % of the plot at " + far[i]);
        }
        assertEquals(100, x[x.length - 1], 1e-9);
        assertEquals(100, y[y.length - 1], 1e-9);
    }

    @Test
    void linesOfOnesOwnDifferInColourAndInDashes() {
        XYChart chart = Charts.xy("lines", "x", "y");
        double[] x = {0, 1};
        for (int k = 0; k < 4; k++) {
            chart.addSeries("line " + k, x, new double[] {k, k + 1});
        }
        BasicStroke mine = new BasicStroke(5);
        chart.addSeries("mine", x, x).setLineStyle(mine);
        View.of(Charts.grid(1, chart));
        List<XYSeries> series = List.copyOf(chart.getSeriesCollection());
        assertEquals(5, series.stream().map(XYSeries::getLineColor).distinct().count());
        assertEquals(5, series.stream().map(XYSeries::getLineStyle).distinct().count());
        assertEquals(mine, series.get(4).getLineStyle());
    }

    @Test
    void aDashedLineHasGapsHoweverCloseItsPoints() throws IOException {
        for (int points : new int[] {2, 1000}) {
            for (boolean logarithmic : new boolean[] {false, true}) {
                XYChart chart = Charts.xy("", "x", "y");
                double[] x = IntStream.range(0, points).mapToDouble(i -> 1 + 9.0 * i / (points - 1)).toArray();
                double[] level = Arrays.stream(x).map(v -> 5).toArray();
                chart.addSeries("solid", new double[] {1, 10}, new double[] {1, 10});
                chart.addSeries("dashed", x, level).setLineWidth(2);
                level[points / 3] = points > 2 ? Double.NaN : 5;
                chart.addSeries("with a hole", x, Arrays.stream(level).map(v -> v + 1).toArray());
                chart.getStyler().setYAxisMin(1.0).setYAxisMax(10.0).setLegendVisible(false);
                chart.getStyler().setYAxisLogarithmic(logarithmic);
                BufferedImage picture = Samples.picture(Charts.view(chart).html());
                int row = (int) Math.round(View.PIXEL_RATIO * chart.getScreenYFromChart(5));
                int from = (int) (View.PIXEL_RATIO * chart.getScreenXFromChart(1));
                int to = (int) (View.PIXEL_RATIO * chart.getScreenXFromChart(10));
                long inked = IntStream.range(from, to).map(c -> picture.getRGB(c, row))
                        .filter(rgb -> (rgb >> 16 & 0xff) > 190 && (rgb & 0xff) < 60).count();
                assertEquals(8.0 / 13, inked / (double) (to - from), 0.08, points + " points, logarithmic "
                        + logarithmic);
                assertEquals(3, chart.getSeriesCollection().stream().map(XYSeries::getLineStyle).distinct().count());
            }
        }
    }

    @Test
    void aDashedLineRunsWhereASolidOneWouldAlsoBeyondTheAxes() throws IOException {
        XYChart chart = Charts.xy("", "x", "y");
        chart.addSeries("solid", new double[] {0, 4}, new double[] {4, 0});
        chart.addSeries("dashed", new double[] {0, 4}, new double[] {0, 4});
        chart.getStyler().setXAxisMin(1.0).setXAxisMax(3.0).setYAxisMin(1.0).setYAxisMax(3.0).setLegendVisible(false);
        BufferedImage picture = Samples.picture(Charts.view(chart).html());
        for (double at = 1.1; at < 3; at += 0.01) {
            assertTrue(reddish(picture, chart, at, at) || reddish(picture, chart, at + 0.05, at + 0.05), "at " + at);
        }
        assertFalse(reddish(picture, chart, 1.1, 1.5) || reddish(picture, chart, 1.5, 1.1), "and nowhere else");
    }

    /** Whether there is vermillion ink within two pixels of a point of the chart. */
    private static boolean reddish(BufferedImage picture, XYChart chart, double x, double y) {
        int column = (int) Math.round(View.PIXEL_RATIO * chart.getScreenXFromChart(x));
        int row = (int) Math.round(View.PIXEL_RATIO * chart.getScreenYFromChart(y));
        return IntStream.range(0, 25).map(i -> picture.getRGB(column + i % 5 - 2, row + i / 5 - 2))
                .anyMatch(rgb -> (rgb >> 16 & 0xff) > 190 && (rgb & 0xff) < 60);
    }

    @Test
    void everyClassOfAScatterHasItsOwnColourShapeAndCaption() {
        int[] labels = IntStream.range(0, 200).map(i -> i % 10).toArray();
        double[][] points = IntStream.range(0, 200)
                .mapToObj(i -> new double[] {labels[i] % 5 + i / 1000.0, labels[i] / 5}).toArray(double[][]::new);
        XYChart chart = Charts.scatter("digits", new Embeddings(points, labels, "MNIST, quick run"));
        assertEquals("digits: MNIST, quick run", chart.getTitle());
        List<XYSeries> series = List.copyOf(chart.getSeriesCollection());
        assertEquals(20, series.size());
        assertEquals(10, series.subList(0, 10).stream().map(XYSeries::getMarkerColor).distinct().count());
        assertEquals(10, series.subList(0, 10).stream().map(XYSeries::getMarker).distinct().count());
        double[] at = {series.get(17).getXData()[0], series.get(17).getYData()[0]};
        assertTrue(IntStream.range(0, 200).anyMatch(i -> labels[i] == 7 && Arrays.equals(points[i], at)),
                "among the points of class 7");
        String text = Charts.view(chart).text();
        assertTrue(text.contains("7 (20 points around 2.102, 1)") && !text.contains("written"), text);
        assertThrows(IllegalArgumentException.class, () -> Charts.scatter("x", points, new int[3]));
        String message = refusal(() -> Charts.scatter("x", new double[][] {{1}}, new int[1]));
        assertTrue(message.contains("points[0] is [1.0]") && message.contains("project"), message);
    }

    @Test
    void detShowsErrorsOnLogarithmicAxes() throws IOException {
        VerificationReport report = Samples.report();
        XYChart chart = Charts.det(report);
        assertEquals("Detection error trade-off: " + report.source(), chart.getTitle());
        XYSeries curve = chart.getSeries("DET curve");
        double[] far = curve.getXData();
        double[] frr = curve.getYData();
        for (int k = 0; k < far.length; k++) {
            double accepted = far[k] / 100;
            double rejected = frr[k] / 100;
            assertTrue(IntStream.range(0, report.thresholds().length).anyMatch(i ->
                    Math.abs(report.falseAcceptRates()[i] - accepted) < 1e-9
                            && Math.abs(1 - report.trueAcceptRates()[i] - rejected) < 1e-9));
            assertTrue(far[k] > 0 && frr[k] > 0 && (k == 0 || far[k] >= far[k - 1] && frr[k] <= frr[k - 1]), "falls");
        }
        assertTrue(far[0] >= chart.getStyler().getXAxisMin());
        assertTrue(frr[frr.length - 1] >= chart.getStyler().getYAxisMin());
        VerificationReport other =
                VerificationReport.of(new double[] {1, 2, 3, 4}, new boolean[] {true, false, true, false});
        assertEquals(3, Charts.det(report, other).getSeriesCollection().size());
        assertTrue(Charts.view(Charts.det(report, other)).text().contains("unnamed data"));
        VerificationReport perfect = VerificationReport.of(new double[] {1, 2}, new boolean[] {true, false});
        assertTrue(refusal(() -> Charts.det(perfect)).contains("no DET curve"));
        assertThrows(IllegalArgumentException.class, () -> Charts.det());
    }

    @Test
    void theLineOfEqualErrorsIsDottedOnBothCurves() throws IOException {
        for (XYChart chart : List.of(Charts.det(Samples.report()), Charts.roc(Samples.report(), 1))) {
            BufferedImage picture = Samples.picture(Charts.view(chart).html());
            double[] x = chart.getSeries("false accepts = false rejects").getXData();
            double[] y = chart.getSeries("false accepts = false rejects").getYData();
            double[] from = {chart.getScreenXFromChart(x[0]), chart.getScreenYFromChart(y[0])};
            double[] to = {chart.getScreenXFromChart(x[1]), chart.getScreenYFromChart(y[1])};
            int steps = 2000;
            double grey = IntStream.range(0, steps).map(i -> picture.getRGB(
                    (int) (View.PIXEL_RATIO * (from[0] + (to[0] - from[0]) * i / steps)),
                    (int) (View.PIXEL_RATIO * (from[1] + (to[1] - from[1]) * i / steps))))
                    .filter(rgb -> (rgb & 0xff) < 160).count() / (double) steps;
            assertTrue(grey > 0.1 && grey < 0.5, chart.getTitle() + ": two pixels drawn, four left out, but " + grey);
        }
    }

    @Test
    void heatMapWritesItsValuesAndDarkensSteadily() throws IOException {
        double[][] values = {{0, 2, 4}, {6, 8, 10}, {1, 3, 5.25}};
        HeatMapChart chart = Charts.heatMap("Confusions: MNIST, quick run", "Column", "Row", List.of("0", "1", "2"),
                values);
        View view = View.of(chart);
        assertTrue(view.text().startsWith("Chart: Confusions: MNIST, quick run. Columns: Column. Rows: Row."), view.text());
        assertTrue(view.text().endsWith("9 values, the highest (row, column): 10 at 1, 2; 8 at 1, 1; 6 at 1, 0; "
                + "5.25 at 2, 2; 4 at 0, 2."), view.text());
        BufferedImage picture = Samples.picture(view.html());
        assertEquals(2 * chart.getWidth(), picture.getWidth());
        assertEquals(Color.WHITE, new Color(square(picture, chart, 0, 0).getRGB(5, 5)), "nothing");
        double last = 1.1;
        for (int cell : new int[] {0, 6, 1, 7, 2, 8, 3, 4, 5}) { // from the lowest value to the highest
            BufferedImage square = square(picture, chart, cell / 3, cell % 3);
            double light = luminance(new Color(square.getRGB(5, 5)));
            assertTrue(light <= last, "cell " + cell + " is not lighter than those of lower values");
            assertTrue(Samples.differentColors(square) > 2, "the value is written in cell " + cell);
            last = light;
        }
        assertTrue(last < 0.5, "the highest value is dark in grey, too: " + last);
        assertTrue((last + 0.05) / (luminance(Charts.INK) + 0.05) > 4.5, "the value in the darkest cell can be read");
        assertTrue(Samples.png(view.html()).length < 80_000);
        for (int x : new int[] {0, picture.getWidth() - 1}) {
            assertEquals(List.of(0xffffff), Samples.column(picture, x).stream().distinct().toList());
        }
        double[][] whole = {{0, 12}, {3, 1200}};
        String counts = View.of(Charts.heatMap("counts", "x", "y", List.of("a", "b"), whole)).text();
        assertTrue(counts.contains("1,200 at b, b; 12 at a, b; 3 at b, a; 0 at a, a."), counts);
        assertThrows(RuntimeException.class, () -> chart.addSeries("more", new int[1], new int[1], new int[1][1]),
                "nothing is ignored");
    }

    @Test
    void heatMapsAreTheSameInEveryLocaleAndFitTheirTitles() {
        double[][] values = {{0.5, 0.001}, {20.25, 3}};
        String title = "A title that is a good deal longer than the columns of this small map are wide: MNIST, quick run";
        View english = View.of(Charts.heatMap(title, "x", "y", List.of("a", "b"), values));
        Locale before = Locale.getDefault();
        Locale.setDefault(Locale.GERMANY);
        try {
            assertEquals(english, View.of(Charts.heatMap(title, "x", "y", List.of("a", "b"), values)));
        } finally {
            Locale.setDefault(before);
        }
        HeatMapChart chart = Charts.heatMap(title, "x", "y", List.of("a", "b"), values);
        double wide = chart.getStyler().getChartTitleFont()
                .getStringBounds(title, new FontRenderContext(null, true, true)).getWidth();
        assertTrue(wide < chart.getWidth(), wide + " of " + chart.getWidth());
    }

    @Test
    void heatMapsAreChecked() {
        String message = refusal(() -> Charts.heatMap("x", "x", "y", List.of("a", "b"), new double[][] {{1, 2}, {3}}));
        assertTrue(message.startsWith("values[1] has 1 entries"), message);
        message = refusal(() -> Charts.heatMap("x", "x", "y", List.of("a"), new double[][] {{Double.NaN}}));
        assertTrue(message.startsWith("values[0][0] is NaN"), message);
        assertThrows(IllegalArgumentException.class, () -> Charts.heatMap("x", "x", "y", List.of(), new double[0][]));
        View.of(Charts.heatMap("nothing wrong", "x", "y", List.of("a"), new double[1][1]));
    }

    /** The pixels of a cell, without its edges. */
    private static BufferedImage square(BufferedImage picture, HeatMapChart chart, int row, int column) {
        int y = chart.getHeatMapSeries().getYData().size() - 1 - row;
        int left = (int) (View.PIXEL_RATIO * chart.getScreenXFromChart(column - 0.45));
        int right = (int) (View.PIXEL_RATIO * chart.getScreenXFromChart(column + 0.45));
        int top = (int) (View.PIXEL_RATIO * chart.getScreenYFromChart(y + 0.45));
        int bottom = (int) (View.PIXEL_RATIO * chart.getScreenYFromChart(y - 0.45));
        return picture.getSubimage(left, top, right - left, bottom - top);
    }

    /** Relative luminance as in the Web Content Accessibility Guidelines. */
    private static double luminance(Color color) {
        double[] linear = Arrays.stream(new int[] {color.getRed(), color.getGreen(), color.getBlue()})
                .mapToDouble(c -> c <= 10 ? c / 255.0 / 12.92 : Math.pow((c / 255.0 + 0.055) / 1.055, 2.4)).toArray();
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
    }

    @Test
    void gridShowsEveryChartInItsPlace() throws IOException {
        double[][] left = {{0, 0}, {1, 1}};
        ChartGrid grid = Charts.grid(2, Charts.scatter("one", left, new int[2]), Charts.scatter("two", left, new int[2]),
                Charts.scatter("three", left, new int[2]));
        View view = View.of(grid);
        BufferedImage picture = Samples.picture(view.html());
        assertEquals(picture.getWidth(), picture.getHeight(), "two rows of two squares");
        int half = picture.getWidth() / 2;
        assertTrue(Samples.differentColors(picture.getSubimage(half, 0, half, half)) > 10);
        assertEquals(1, Samples.differentColors(picture.getSubimage(half, half, half, half)), "the fourth place is empty");
        assertTrue(view.text().startsWith("Chart: one.") && view.text().contains("Chart: three."), view.text());
        assertThrows(IllegalArgumentException.class, () -> Charts.grid(2));
    }

    @Test
    void aChartOfInfiniteValuesSaysWhatToDo() {
        XYChart chart = Charts.xy("False accepts", "Threshold", "Rate");
        chart.addSeries("rate", new double[] {Double.NEGATIVE_INFINITY, 0.1, 0.2}, new double[] {0, 0.1, 1});
        String message = assertThrows(IllegalArgumentException.class, () -> Charts.view(chart)).getMessage();
        assertTrue(message.contains("\"rate\"") && message.contains("Arrays.copyOfRange(values, 1, values.length)"), message);
    }
}
