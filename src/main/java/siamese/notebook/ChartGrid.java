package siamese.notebook;

import java.awt.Font;
import java.awt.Graphics2D;
import java.util.List;
import java.util.stream.Collectors;
import org.knowm.xchart.XYChart;

/** Small charts in rows, painted as one. */
final class ChartGrid extends XYChart {

    private final List<XYChart> charts;
    private final int columns;

    ChartGrid(int width, int columns, List<XYChart> charts) {
        super(width, (charts.size() + columns - 1) / columns * (width / columns));
        this.charts = charts;
        this.columns = columns;
        Font font = new Font(Font.SANS_SERIF, Font.PLAIN, 11);
        for (XYChart chart : charts) {
            chart.getStyler().setChartTitleFont(font.deriveFont(Font.BOLD, 12f)).setChartTitlePadding(2).setLegendVisible(false)
                    .setChartPadding(4).setMarkerSize(Math.min(3, chart.getStyler().getMarkerSize()));
            chart.getStyler().setAxisTitleFont(font).setAxisTickLabelsFont(font.deriveFont(10f)).setAxisTitlePadding(3)
                    .setXAxisTickMarkSpacingHint(40).setYAxisTickMarkSpacingHint(30);
        }
    }

    @Override
    public void paint(Graphics2D graphics, int width, int height) {
        int side = width / columns;
        for (int c = 0; c < charts.size(); c++) {
            Graphics2D cell = (Graphics2D) graphics.create(c % columns * side, c / columns * side, side, side);
            charts.get(c).paint(cell, side, side);
            cell.dispose();
        }
    }

    String describe() {
        return charts.stream().map(Charts::describe).collect(Collectors.joining(" "));
    }
}
