package siamese.notebook;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.knowm.xchart.HeatMapChart;
import org.knowm.xchart.HeatMapSeries;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.XYSeries.XYSeriesRenderStyle;
import org.knowm.xchart.internal.chartpart.AxesChart;
import org.knowm.xchart.internal.chartpart.Chart;
import org.knowm.xchart.internal.series.Series;

/** Charts in words, as a screen reader says them: title, axes, and each series' ends and extremes or highest values. */
final class AltText {

    private AltText() {}

    static String of(Chart<?, ?> chart) {
        boolean untitled = chart.getTitle() == null || chart.getTitle().isBlank();
        String title = untitled ? "Chart." : "Chart: " + chart.getTitle() + ".";
        if (chart instanceof HeatMapChart map) {
            return title + " Columns: " + map.getXAxisTitle() + ". Rows: " + map.getYAxisTitle() + ". Shown: "
                    + highest(map.getHeatMapSeries()) + ".";
        }
        String axes = chart instanceof AxesChart<?, ?> plane
                ? " Horizontal axis: " + plane.getXAxisTitle() + ". Vertical axis: " + plane.getYAxisTitle() + "." : "";
        return title + axes + chart.getSeriesCollection().stream().filter(Series::isShowInLegend)
                .map(series -> series.getName() + (series instanceof XYSeries xy ? " (" + course(xy) + ")" : ""))
                .collect(Collectors.joining("; ", " Shown: ", "."));
    }

    /** The highest five values of a heat map. */
    private static String highest(HeatMapSeries series) {
        List<Number[]> cells = List.copyOf(series.getHeatData());
        return cells.stream().sorted(Comparator.comparingDouble(cell -> -cell[2].doubleValue())).limit(5)
                .map(cell -> Text.number(cell[2].doubleValue()) + " at " + series.getYData().get(cell[1].intValue())
                        + ", " + series.getXData().get(cell[0].intValue()))
                .collect(Collectors.joining("; ",
                        Text.count(cells.size()) + " values, the highest (row, column): ", ""));
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
