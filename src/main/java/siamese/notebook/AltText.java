package siamese.notebook;

import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.XYSeries.XYSeriesRenderStyle;
import org.knowm.xchart.internal.chartpart.AxesChart;
import org.knowm.xchart.internal.chartpart.Chart;
import org.knowm.xchart.internal.series.Series;

/** Charts in words, as a screen reader says them: title, axes, and each series' ends and extremes. */
final class AltText {

    private AltText() {}

    static String of(Chart<?, ?> chart) {
        String axes = chart instanceof AxesChart<?, ?> plane
                ? " Horizontal axis: " + plane.getXAxisTitle() + ". Vertical axis: " + plane.getYAxisTitle() + "." : "";
        return title(chart) + axes + chart.getSeriesCollection().stream().filter(Series::isShowInLegend)
                .map(series -> series.getName() + (series instanceof XYSeries xy ? " (" + course(xy) + ")" : ""))
                .collect(Collectors.joining("; ", " Shown: ", "."));
    }

    static String title(Chart<?, ?> chart) {
        return "Chart" + (chart.getTitle() == null || chart.getTitle().isBlank() ? "." : ": " + chart.getTitle() + ".");
    }

    private static String course(XYSeries series) {
        double[] x = series.getXData();
        double[] y = series.getYData();
        int last = y.length - 1;
        if (last == 0) {
            return "at " + Text.number(x[0]) + ", " + Text.number(y[0]);
        } else if (series.getXYSeriesRenderStyle().filter(style -> style == XYSeriesRenderStyle.Scatter).isPresent()) {
            return Text.count(y.length) + " points around " + Text.number(Arrays.stream(x).average().orElseThrow())
                    + ", " + Text.number(Arrays.stream(y).average().orElseThrow());
        } else if (x[0] == x[last]) {
            return "vertical line";
        } else if (y[0] == y[last]) {
            int high = IntStream.range(1, y.length).reduce(0, (best, i) -> y[i] > y[best] ? i : best);
            return "highest, " + Text.number(y[high]) + ", at " + Text.number(x[high]);
        }
        int low = IntStream.range(1, y.length).reduce(0, (best, i) -> y[i] < y[best] ? i : best);
        return "from " + Text.number(y[0]) + " at " + Text.number(x[0]) + " to " + Text.number(y[last]) + " at "
                + Text.number(x[last]) + ", lowest " + Text.number(y[low]) + " at " + Text.number(x[low]);
    }
}
