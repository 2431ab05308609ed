package siamese.notebook;

import java.awt.Color;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.apache.commons.lang3.Validate;
import org.knowm.xchart.AnnotationLine;
import org.knowm.xchart.AnnotationText;
import org.knowm.xchart.HeatMapChart;
import org.knowm.xchart.HeatMapChartBuilder;
import org.knowm.xchart.style.HeatMapStyler;

/** XChart's heat map, in the course's theme and with each value written in its cell. */
final class HeatMap {

    private static final int CELL = 56;

    /** From white to a blue that dark letters can be read on; {@link View}'s palette keeps multiples of 17. */
    private static final int SHADES = 6;

    private HeatMap() {}

    static HeatMapChart of(String title, String xTitle, String yTitle, List<String> names, double[][] values) {
        check(names, values);
        int n = names.size();
        int longest = names.stream().mapToInt(String::length).max().orElseThrow();
        HeatMapChart chart = new HeatMapChartBuilder().width(80 + 8 * longest + Math.max(6, n) * CELL)
                .height(115 + Math.max(4, n) * CELL).build();
        Theme.apply(chart, title, xTitle, yTitle);
        double highest = Arrays.stream(values).flatMapToDouble(Arrays::stream).max().orElseThrow();
        boolean whole = highest < 1e6
                && Arrays.stream(values).flatMapToDouble(Arrays::stream).allMatch(value -> value == Math.rint(value));
        List<Number[]> cells = new ArrayList<>();
        for (int edge = 0; edge <= n; edge++) {
            chart.addAnnotation(new AnnotationLine(edge - 0.5, true, false));
            chart.addAnnotation(new AnnotationLine(edge - 0.5, false, false));
        }
        for (int row = 0; row < n; row++) {
            for (int column = 0; column < n; column++) {
                int y = n - 1 - row; // XChart counts upwards
                cells.add(new Number[] {column, y, values[row][column]});
                chart.addAnnotation(new AnnotationText(text(values[row][column], whole), column, y, false));
            }
        }
        List<String> upwards = new ArrayList<>(names);
        Collections.reverse(upwards);
        chart.addSeries("values", names, upwards, cells);
        HeatMapStyler styler = chart.getStyler();
        styler.setMin(0).setMax(highest).setPiecewise(true).setSplitNumber(SHADES)
                .setRangeColors(IntStream.range(0, SHADES)
                        .mapToObj(k -> new Color(255 - 34 * k, 255 - 17 * k, 255)).toArray(Color[]::new));
        styler.setPlotGridLinesVisible(false).setXAxisTickMarkSpacingHint(1).setXAxisMin(-0.5).setXAxisMax(n - 0.5)
                .setYAxisMin(-0.5).setYAxisMax(n - 0.5);
        styler.setPlotContentSize(1).setLegendVisible(false).setAnnotationTextFontColor(Charts.INK)
                .setAnnotationTextFont(styler.getAxisTickLabelsFont()).setAnnotationLineColor(new Color(0xBBBBBB))
                .setAnnotationLineStroke(Theme.stroke(1));
        return chart;
    }

    private static void check(List<String> names, double[][] values) {
        Validate.isTrue(!names.isEmpty() && values.length == names.size(), "names and values must have one entry a row "
                + "and at least one, but have %s and %s.", names.size(), values.length);
        for (int row = 0; row < values.length; row++) {
            Validate.isTrue(values[row].length == names.size(), "values[%s] has %s entries, but there are %s names; a "
                    + "heat map is square.", row, values[row].length, names.size());
            for (int column = 0; column < names.size(); column++) {
                Validate.isTrue(values[row][column] >= 0 && values[row][column] < Double.POSITIVE_INFINITY,
                        "values[%s][%s] is %s, but must be 0 or more and finite.", row, column, values[row][column]);
            }
        }
    }

    /** A value in so few characters that it fits into a cell; without decimals if all are whole numbers. */
    private static String text(double value, boolean whole) {
        if (whole) {
            return Text.count(Math.round(value));
        }
        return value == 0 ? "0" : value < 0.005 ? "<0.01" : value < 10 ? String.format(Locale.ROOT, "%.2f", value)
                : value < 100 ? String.format(Locale.ROOT, "%.1f", value) : Text.number(value);
    }
}
