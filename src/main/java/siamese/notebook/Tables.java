package siamese.notebook;

import java.text.DecimalFormat;
import java.text.DecimalFormatSymbols;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import siamese.evaluation.VerificationReport;
import siamese.model.History;
import tech.tablesaw.api.DoubleColumn;
import tech.tablesaw.api.FloatColumn;
import tech.tablesaw.api.IntColumn;
import tech.tablesaw.api.LongColumn;
import tech.tablesaw.api.NumberColumn;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;
import tech.tablesaw.columns.Column;

/**
 * Tablesaw tables as a notebook shows them: numbers to four significant digits and right-aligned, whole numbers with
 * thousands separators (but years without), at most {@value #MOST_ROWS} rows. A column with a print formatter of its
 * own keeps it. Charts' numbers come as tables from {@link #of(History)} and {@link #of(VerificationReport)}.
 */
public final class Tables {

    /** Longer tables are shortened to this many rows, and say so. */
    public static final int MOST_ROWS = 20;

    private Tables() {}

    /**
     * A training history as a table. Its name says so if the run was stopped early, and its warning if there is one.
     *
     * @param history the history, of any length
     * @return one row an epoch: its number, training loss, test loss, pairs a second and seconds
     */
    public static Table of(History history) {
        List<History.Epoch> epochs = history.epochs();
        return Table.create("Training history: " + history.source() + (history.interrupted() ? " (stopped early)" : "")
                + (history.warning().isEmpty() ? "" : ". " + history.warning()),
                IntColumn.create("Epoch", epochs.stream().mapToInt(History.Epoch::number).toArray()),
                losses("Training loss", epochs.stream().mapToDouble(History.Epoch::trainLoss)),
                losses("Test loss", epochs.stream().mapToDouble(History.Epoch::testLoss)),
                LongColumn.create("Pairs/s", epochs.stream().mapToLong(e -> Math.round(e.pairsPerSecond())).toArray()),
                DoubleColumn.create("Seconds",
                        epochs.stream().mapToDouble(e -> Math.rint(10 * e.seconds()) / 10).toArray()));
    }

    /**
     * The results of a verification as a table.
     *
     * @param report the results
     * @return one row a measure: its name and its value as text
     */
    public static Table of(VerificationReport report) {
        return Table.create("Verification: " + report.source(),
                StringColumn.create("Measure", "Pairs", "of these similar", "Equal error rate",
                        "Threshold at equal error", "Area under the ROC curve",
                        "Best accuracy, its threshold chosen on these pairs"),
                StringColumn.create("Value", Text.count(report.pairs()), Text.count(report.similarPairs()),
                        Text.percent(report.equalErrorRate()), "D ≤ " + Text.number(report.equalErrorThreshold()),
                        String.format(Locale.ROOT, "%.5f", report.auc()), Text.percent(report.bestAccuracy())));
    }

    /**
     * A table as HTML with a caption and header cells, readable without scripts or style sheets, in light and dark.
     *
     * @param table the table
     * @return a {@code <table>} element
     */
    public static String html(Table table) {
        int rows = Math.min(table.rowCount(), MOST_ROWS);
        List<Column<?>> columns = table.columns();
        StringBuilder html = new StringBuilder("<table>\n");
        if (!table.name().isBlank()) {
            html.append("<caption style=\"text-align:left;color:inherit\">").append(Text.escape(table.name()))
                    .append("</caption>\n");
        }
        html.append("<thead><tr>");
        columns.forEach(column -> cell(html, "th scope=\"col\"", column, column.name()));
        html.append("</tr></thead>\n<tbody>\n");
        for (int row = 0; row < rows; row++) {
            html.append("<tr>");
            for (int c = 0; c < columns.size(); c++) {
                boolean heading = c == 0 && columns.get(0) instanceof StringColumn;
                cell(html, heading ? "th scope=\"row\"" : "td", columns.get(c), value(columns.get(c), row));
            }
            html.append("</tr>\n");
        }
        if (rows < table.rowCount()) {
            html.append("<tr><td colspan=\"").append(columns.size()).append("\" style=\"text-align:left\">")
                    .append(more(table, rows)).append("</td></tr>\n");
        }
        return html.append("</tbody>\n</table>").toString();
    }

    /**
     * A table as plain text, with the same rounding and shortening as {@link #html(Table)}.
     *
     * @param table the table
     * @return its name, column names and rows, one a line
     */
    public static String text(Table table) {
        int rows = Math.min(table.rowCount(), MOST_ROWS);
        List<StringColumn> columns = new ArrayList<>();
        for (Column<?> column : table.columns()) {
            columns.add(StringColumn.create(column.name(),
                    IntStream.range(0, rows).mapToObj(row -> value(column, row)).toArray(String[]::new)));
        }
        String text = Table.create(table.name(), columns.toArray(Column<?>[]::new)).print(MOST_ROWS);
        return rows < table.rowCount() ? text.stripTrailing() + System.lineSeparator() + more(table, rows) : text;
    }

    static View view(Table table) {
        return new View(html(table), text(table));
    }

    private static DoubleColumn losses(String name, DoubleStream values) {
        DoubleColumn column = DoubleColumn.create(name, values.toArray());
        column.setPrintFormatter(new DecimalFormat("0.00000", DecimalFormatSymbols.getInstance(Locale.ROOT)), "");
        return column;
    }

    private static String more(Table table, int shown) {
        return "… " + Text.count(table.rowCount() - shown) + " more rows of " + Text.count(table.rowCount());
    }

    private static String value(Column<?> column, int row) {
        String own = column.getString(row);
        if (column.isMissing(row)) {
            return "";
        } else if (column instanceof DoubleColumn || column instanceof FloatColumn) {
            double value = ((NumberColumn<?, ?>) column).getDouble(row);
            NumberColumn<?, ?> plain = column instanceof DoubleColumn
                    ? DoubleColumn.create("", value) : FloatColumn.create("", (float) value);
            return own.equals(plain.getString(0)) ? Text.number(value) : own;
        } else if (column instanceof NumberColumn<?, ?> numbers
                && !column.name().toLowerCase(Locale.ROOT).contains("year")) {
            long whole = (long) numbers.getDouble(row);
            return own.equals(String.valueOf(whole)) ? Text.count(whole) : own;
        }
        return own;
    }

    private static void cell(StringBuilder html, String tag, Column<?> column, String content) {
        html.append('<').append(tag).append(" style=\"text-align:")
                .append(column instanceof NumberColumn<?, ?> ? "right" : "left").append("\">")
                .append(Text.escape(content)).append("</").append(tag, 0, 2).append('>');
    }
}
