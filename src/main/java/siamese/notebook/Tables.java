package siamese.notebook;

import java.text.DecimalFormat;
import java.text.DecimalFormatSymbols;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
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
 * own keeps it.
 */
final class Tables {

    /** Longer tables are shortened to this many rows, and say so. */
    static final int MOST_ROWS = 20;

    private Tables() {}

    /** A training history: one row an epoch. The name says whether the run was stopped early, and its warning. */
    static Table of(History history) {
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

    /** The results of a verification: one row a measure, its name and its value as text. */
    static Table of(VerificationReport report) {
        return Table.create("Verification: " + report.source(),
                StringColumn.create("Measure", "Pairs", "of these similar", "Equal error rate",
                        "Threshold at equal error", "Area under the ROC curve",
                        "Best accuracy, its threshold chosen on these pairs"),
                StringColumn.create("Value", Text.count(report.pairs()), Text.count(report.similarPairs()),
                        Text.percent(report.equalErrorRate()), "D ≤ " + Text.number(report.equalErrorThreshold()),
                        String.format(Locale.ROOT, "%.5f", report.auc()), Text.percent(report.bestAccuracy())));
    }

    /** A table as HTML with a caption and header cells, readable without scripts or style sheets, in light and dark. */
    static String html(Table table) {
        List<Column<?>> columns = table.columns();
        boolean named = !columns.isEmpty() && columns.get(0) instanceof StringColumn;
        StringBuilder rows = new StringBuilder();
        for (int row = 0; row < Math.min(table.rowCount(), MOST_ROWS); row++) {
            rows.append("<tr>");
            for (Column<?> column : columns) {
                rows.append(cell(named && column == columns.get(0) ? "th scope=\"row\"" : "td", column,
                        value(column, row)));
            }
            rows.append("</tr>\n");
        }
        return """
                <table>
                %s<thead><tr>%s</tr></thead>
                <tbody>
                %s%s</tbody>
                </table>""".formatted(
                element("<caption style=\"text-align:left;color:inherit\">%s</caption>%n", Text.escape(table.name())),
                columns.stream().map(column -> cell("th scope=\"col\"", column, column.name()))
                        .collect(Collectors.joining()), rows,
                element("<tr><td colspan=\"" + columns.size() + "\" style=\"text-align:left\">%s</td></tr>%n",
                        more(table)));
    }

    /** A table as plain text, with the same rounding and shortening: its name, column names and rows, one a line. */
    static String text(Table table) {
        Table shown = Table.create(table.name(), table.first(MOST_ROWS).columns().stream().map(column ->
                StringColumn.create(column.name(), IntStream.range(0, column.size())
                        .mapToObj(row -> value(column, row)).toArray(String[]::new))));
        return more(table).isEmpty() ? shown.print(MOST_ROWS)
                : shown.print(MOST_ROWS).stripTrailing() + System.lineSeparator() + more(table);
    }

    private static DoubleColumn losses(String name, DoubleStream values) {
        DoubleColumn column = DoubleColumn.create(name, values.toArray());
        column.setPrintFormatter(new DecimalFormat("0.00000", DecimalFormatSymbols.getInstance(Locale.ROOT)), "");
        return column;
    }

    private static String more(Table table) {
        int rows = table.rowCount();
        return rows <= MOST_ROWS ? "" : "… " + Text.count(rows - MOST_ROWS) + " more rows of " + Text.count(rows);
    }

    private static String value(Column<?> column, int row) {
        if (column.isMissing(row) || !(column instanceof NumberColumn<?, ?> numbers)) {
            return column.isMissing(row) ? "" : column.getString(row);
        }
        double value = numbers.getDouble(row);
        boolean year = column.name().toLowerCase(Locale.ROOT).contains("year");
        if (!column.getString(row).equals(DoubleColumn.create("without a formatter", value).getString(0))) {
            return column.getString(row);
        } else if (column instanceof DoubleColumn || column instanceof FloatColumn) {
            return Text.number(value);
        }
        return year ? column.getString(row) : Text.count((long) value);
    }

    private static String cell(String tag, Column<?> column, String content) {
        return "<" + tag + " style=\"text-align:" + (column instanceof NumberColumn<?, ?> ? "right" : "left") + "\">"
                + Text.escape(content) + "</" + tag.substring(0, 2) + ">";
    }

    private static String element(String html, String content) {
        return content.isBlank() ? "" : html.formatted(content);
    }
}
