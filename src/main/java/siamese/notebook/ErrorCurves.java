package siamese.notebook;

import java.util.Arrays;
import java.util.BitSet;
import java.util.Locale;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.apache.commons.lang3.Validate;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.style.markers.SeriesMarkers;
import siamese.evaluation.VerificationReport;

/** The curves of false accepts against true accepts (ROC) and against false rejects (DET). */
final class ErrorCurves {

    /** A line is simplified by at most this share of the plot's width: half a pixel. */
    private static final double TOLERANCE = 0.0008;

    private ErrorCurves() {}

    /** The ROC curve up to a false accept rate, the corner. */
    static XYChart roc(VerificationReport report, double corner) {
        Validate.isTrue(corner > 0 && corner <= 1, "largestFalseAcceptRate is %s, but must be above 0 and at most 1; 1 "
                + "shows the whole curve.", corner);
        XYChart chart = Charts.xy((corner < 1 ? "ROC curve, upper left corner: " : "ROC curve: ") + report.source(),
                "False accept rate (% of the dissimilar pairs)", "True accept rate (% of the similar pairs)");
        double[][] curve = corner(report, corner);
        Theme.line(chart, String.format(Locale.ROOT, "ROC curve, area %.5f", report.auc()), curve[0], curve[1],
                Charts.BLUE, Theme.SOLID, SeriesMarkers.NONE);
        Theme.line(chart, "false accepts = false rejects", new double[] {0, 100 * corner},
                new double[] {100, 100 - 100 * corner}, Charts.GREY, Theme.FINE, SeriesMarkers.NONE);
        double error = report.equalErrorRate();
        if (error <= corner) {
            String at = Text.number(report.equalErrorThreshold());
            Theme.line(chart, "equal error rate " + Text.percent(error) + " at D ≤ " + at, new double[] {100 * error},
                    new double[] {100 - 100 * error}, Charts.VERMILLION, Theme.SOLID, SeriesMarkers.DIAMOND);
        }
        chart.getStyler().setXAxisMin(0.0).setXAxisMax(100 * corner).setYAxisMin(100 - 100 * corner).setYAxisMax(100.0);
        return chart;
    }

    /** The part of the ROC curve up to a false accept rate, in percent, thinned out where that cannot be seen. */
    private static double[][] corner(VerificationReport report, double corner) {
        double[] far = fromNothingToEverything(report.falseAcceptRates());
        double[] tar = fromNothingToEverything(report.trueAcceptRates());
        int end = 1 + (int) Arrays.stream(far).skip(1).takeWhile(rate -> rate < corner).count();
        tar[end] = tar[end - 1] + (tar[end] - tar[end - 1]) * (corner - far[end - 1]) / (far[end] - far[end - 1]);
        far[end] = corner;
        int[] kept = thinned(Arrays.copyOf(far, end + 1), tar, TOLERANCE * corner);
        return new double[][] {percent(far, kept), percent(tar, kept)};
    }

    private static double[] fromNothingToEverything(double[] rates) {
        return DoubleStream.concat(DoubleStream.of(0), DoubleStream.concat(Arrays.stream(rates), DoubleStream.of(1)))
                .toArray();
    }

    /** One DET curve each, on logarithmic axes. */
    static XYChart det(VerificationReport... reports) {
        Validate.isTrue(reports.length != 0, "reports is empty; give at least one.");
        XYChart chart = Charts.xy("Detection error trade-off" + (reports.length == 1 ? ": " + reports[0].source() : ""),
                "False accept rate (% of the dissimilar pairs)", "False reject rate (% of the similar pairs)");
        double least = 100;
        for (VerificationReport report : reports) {
            double[][] curve = tradeOff(report);
            chart.addSeries(reports.length == 1 ? "DET curve" : report.source(), curve[0], curve[1]);
            least = Math.min(least, Math.min(curve[0][0], curve[1][curve[1].length - 1]));
        }
        double low = Math.pow(10, Math.floor(Math.log10(least) + 1e-9));
        Theme.line(chart, "false accepts = false rejects", new double[] {low, 100}, new double[] {low, 100},
                Charts.GREY, Theme.FINE, SeriesMarkers.NONE);
        chart.getStyler().setXAxisLogarithmic(true).setYAxisLogarithmic(true).setXAxisMin(low).setXAxisMax(100.0)
                .setYAxisMin(low).setYAxisMax(100.0);
        return chart;
    }

    /** False accept and false reject rates above 0, in percent, thinned out where that cannot be seen. */
    private static double[][] tradeOff(VerificationReport report) {
        double[] far = report.falseAcceptRates();
        double[] frr = Arrays.stream(report.trueAcceptRates()).map(tar -> 1 - tar).toArray();
        int[] shown = IntStream.range(0, far.length).filter(k -> far[k] > 0 && frr[k] > 1e-12).toArray();
        Validate.isTrue(shown.length != 0, "The report on %s never has both kinds of errors, so it has no DET curve; "
                + "judge it on more or harder pairs.", report.source());
        int[] kept = thinned(Arrays.stream(shown).mapToDouble(k -> Math.log10(far[k])).toArray(),
                Arrays.stream(shown).mapToDouble(k -> Math.log10(frr[k])).toArray(), 4 * TOLERANCE);
        int[] points = Arrays.stream(kept).map(k -> shown[k]).toArray();
        return new double[][] {percent(far, points), percent(frr, points)};
    }

    private static double[] percent(double[] shares, int[] kept) {
        return Arrays.stream(kept).mapToDouble(k -> 100 * shares[k]).toArray();
    }

    /**
     * The first and the last point of a curve that only rises or only falls, and those in between that are further than
     * the tolerance from the one kept before: the line through them is nowhere further than that from the curve.
     */
    private static int[] thinned(double[] x, double[] y, double tolerance) {
        BitSet kept = new BitSet();
        kept.set(0);
        kept.set(x.length - 1);
        for (int i = 1, last = 0; i < x.length - 1; i++) {
            if (Math.hypot(x[i] - x[last], y[i] - y[last]) > tolerance) {
                kept.set(i);
                last = i;
            }
        }
        return kept.stream().toArray();
    }
}
