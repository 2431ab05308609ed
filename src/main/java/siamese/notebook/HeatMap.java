package siamese.notebook;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.geom.Rectangle2D;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.knowm.xchart.XYChart;

/**
 * Values in a table of squares, in five shades, the darker the higher, each written in its square. XChart 4.0.3 has a heat map of its own,
 * but it cannot be painted: it has no colours, and with colours set it leaves out axes, shades and title.
 */
final class HeatMap extends XYChart {

    /** The shades from white to a blue that dark letters can be read on; {@link View}'s palette keeps multiples of 17. */
    private static final int STEPS = 5;
    private static final int SQUARE = 56;
    private static final int MARGIN = 12;
    private static final int LINE = 24;
    private static final Font FONT = new Font(Font.SANS_SERIF, Font.PLAIN, 13);

    private final List<String> names;
    private final double[][] values;
    private final double highest;
    /** Whether all values are whole numbers that fit into a square: they are written without decimals. */
    private final boolean whole;
    private final int left;

    HeatMap(String title, String xTitle, String yTitle, List<String> names, double[][] values) {
        super(2 * MARGIN + 2 * LINE + longest(names) + Math.max(6, names.size()) * SQUARE, 2 * MARGIN + 4 * LINE + names.size() * SQUARE);
        check(names, values);
        Charts.theme(this, title, xTitle, yTitle);
        this.names = List.copyOf(names);
        this.values = values;
        this.left = MARGIN + LINE + longest(names) + LINE / 2;
        this.highest = IntStream.range(0, names.size()).mapToDouble(row -> IntStream.range(0, names.size())
                .mapToDouble(column -> values[row][column]).max().orElseThrow()).max().orElseThrow();
        this.whole = highest < 1e6 && Arrays.stream(values).flatMapToDouble(Arrays::stream).allMatch(value -> value == Math.rint(value));
    }

    /** About the width of the longest name. */
    private static int longest(List<String> names) {
        return 8 * names.stream().mapToInt(String::length).max().orElse(0);
    }

    private static void check(List<String> names, double[][] values) {
        if (names.isEmpty() || values.length != names.size()) {
            throw new IllegalArgumentException("names and values must have one entry a row and at least one, but have " + names.size()
                    + " and " + values.length + ".");
        }
        for (int row = 0; row < values.length; row++) {
            if (values[row].length != names.size()) {
                throw new IllegalArgumentException("values[" + row + "] has " + values[row].length + " entries, but there are "
                        + names.size() + " names; a heat map is square.");
            }
            for (int column = 0; column < names.size(); column++) {
                if (!(values[row][column] >= 0 && values[row][column] < Double.POSITIVE_INFINITY)) {
                    throw new IllegalArgumentException("values[" + row + "][" + column + "] is " + values[row][column]
                            + ", but must be 0 or more and finite.");
                }
            }
        }
    }

    @Override
    public void paint(Graphics2D graphics, int width, int height) {
        int n = names.size();
        int top = MARGIN + LINE + LINE / 2;
        int middle = left + n * SQUARE / 2;
        graphics.setColor(Charts.INK);
        graphics.setFont(FONT.deriveFont(Font.BOLD, 16f));
        write(graphics, getTitle(), width / 2.0, MARGIN + LINE / 2.0);
        graphics.setFont(FONT.deriveFont(14f));
        write(graphics, getXAxisTitle(), middle, top + n * SQUARE + 1.5 * LINE);
        graphics.rotate(-Math.PI / 2, MARGIN + LINE / 2.0, top + n * SQUARE / 2.0);
        write(graphics, getYAxisTitle(), MARGIN + LINE / 2.0, top + n * SQUARE / 2.0);
        graphics.rotate(Math.PI / 2, MARGIN + LINE / 2.0, top + n * SQUARE / 2.0);
        graphics.setFont(FONT);
        graphics.setStroke(new BasicStroke(1));
        for (int k = 0; k < n; k++) {
            graphics.setColor(Charts.INK);
            write(graphics, names.get(k), left + (k + 0.5) * SQUARE, top + n * SQUARE + 0.5 * LINE);
            write(graphics, names.get(k), left - LINE / 2.0 - longest(names) / 2.0 + 4, top + (k + 0.5) * SQUARE);
            for (int column = 0; column < n; column++) {
                Rectangle2D square = square(k, column);
                graphics.setColor(shade(values[k][column]));
                graphics.fill(square);
                graphics.setColor(new Color(0xBBBBBB));
                graphics.draw(square);
                graphics.setColor(Charts.INK);
                write(graphics, text(values[k][column]), square.getCenterX(), square.getCenterY());
            }
        }
    }

    /** Where a value is painted. */
    Rectangle2D square(int row, int column) {
        return new Rectangle2D.Double(left + column * SQUARE, MARGIN + LINE + LINE / 2 + row * SQUARE, SQUARE, SQUARE);
    }

    /** What a value's square is filled with. */
    Color shade(double value) {
        int step = highest == 0 ? 0 : (int) Math.round(STEPS * value / highest);
        return new Color(255 - 34 * step, 255 - 17 * step, 255);
    }

    private String text(double value) {
        if (whole) {
            return Text.count(Math.round(value));
        }
        return value == 0 ? "0" : value < 0.005 ? "<0.01" : value < 10 ? String.format(Locale.ROOT, "%.2f", value)
                : value < 100 ? String.format(Locale.ROOT, "%.1f", value) : Text.number(value);
    }

    private static void write(Graphics2D graphics, String text, double x, double y) {
        Rectangle2D bounds = graphics.getFontMetrics().getStringBounds(text, graphics);
        graphics.drawString(text, (float) (x - bounds.getWidth() / 2), (float) (y + 0.36 * graphics.getFont().getSize2D()));
    }

    /** Title, axes and the highest five values, in words. */
    String describe() {
        int n = names.size();
        return "Chart: " + getTitle() + ". Columns: " + getXAxisTitle() + ". Rows: " + getYAxisTitle() + ". Shown: "
                + Text.count((long) n * n) + " values, the highest (row, column): " + IntStream.range(0, n * n).boxed()
                        .sorted(Comparator.comparingDouble(k -> -values[k / n][k % n])).limit(5)
                        .map(k -> text(values[k / n][k % n]) + " at " + names.get(k / n) + ", " + names.get(k % n))
                        .collect(Collectors.joining("; ")) + ".";
    }
}
