package siamese.notebook;

import java.awt.Font;
import java.awt.Graphics2D;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.commons.lang3.Validate;
import org.knowm.xchart.XYChart;

/**
 * Several charts as one picture, row by row, in equal squares; {@link Charts#grid} makes it.
 *
 * @param columns how many beside each other, at least 1
 * @param charts at least one
 */
public record ChartGrid(int columns, List<XYChart> charts) {

    /**
     * Copies the list.
     *
     * @throws IllegalArgumentException if there is no chart or no column
     */
    public ChartGrid {
        charts = List.copyOf(charts);
        Validate.isTrue(columns >= 1 && !charts.isEmpty(), "columns and charts must be at least one, but are %s and "
                + "%s.", columns, charts.size());
    }

    /** Makes the charts fit into small squares. */
    ChartGrid restyled() {
        Font font = new Font(Font.SANS_SERIF, Font.PLAIN, 11);
        for (XYChart chart : charts) {
            chart.getStyler().setChartTitleFont(Theme.titleFont(12, side(), chart.getTitle())).setChartTitlePadding(2)
                    .setLegendVisible(false).setChartPadding(4)
                    .setMarkerSize(Math.min(3, chart.getStyler().getMarkerSize()));
            chart.getStyler().setAxisTitleFont(font).setAxisTickLabelsFont(font.deriveFont(10f)).setAxisTitlePadding(3)
                    .setXAxisTickMarkSpacingHint(40).setYAxisTickMarkSpacingHint(30);
        }
        return this;
    }

    private int side() {
        return Theme.WIDTH / columns;
    }

    View view() {
        int side = side();
        int rows = (charts.size() + columns - 1) / columns;
        return View.picture(View.paint(Theme.WIDTH, rows * side, graphics -> {
            for (int c = 0; c < charts.size(); c++) {
                Graphics2D cell = (Graphics2D) graphics.create(c % columns * side, c / columns * side, side, side);
                charts.get(c).paint(cell, side, side);
                cell.dispose();
            }
        }), charts.stream().map(AltText::of).collect(Collectors.joining(" ")));
    }
}
