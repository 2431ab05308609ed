package siamese.notebook;

import java.awt.BasicStroke;
import java.awt.Graphics2D;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYSeries;

/** A chart whose lines differ in their dashes from the first on; XChart goes to its second dash after its last colour only. */
final class DashedChart extends XYChart {

    private final BasicStroke[] dashes;

    DashedChart(int width, int height, BasicStroke[] dashes) {
        super(width, height);
        this.dashes = dashes;
    }

    @Override
    public void paint(Graphics2D graphics, int width, int height) {
        int number = 0;
        for (XYSeries series : getSeriesCollection()) {
            if (series.getLineStyle() == null) { // not chosen by hand
                series.setLineStyle(dashes[number % dashes.length]);
            }
            number++;
        }
        super.paint(graphics, width, height);
    }
}
