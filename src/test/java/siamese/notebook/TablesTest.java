package siamese.notebook;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Locale;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tech.tablesaw.api.DoubleColumn;
import tech.tablesaw.api.FloatColumn;
import tech.tablesaw.api.IntColumn;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;
import tech.tablesaw.columns.numbers.NumberColumnFormatter;

class TablesTest {

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"0|0", "1|1", "0.5|0.5", "0.00831249|0.008312", "12.3456|12.35", "-12.3456|-12.35",
        "999.94|999.9", "999.96|1,000", "12345.678|12,346", "0.00001234567|1.235e-05", "-0.0|0", "NaN|not a number"})
    void numbersHaveFourSignificantDigits(double value, String expected) {
        assertEquals(expected, Text.number(value));
    }

    @Test
    void cellsAreRoundedAndAligned() {
        String html = Tables.html(Table.create("t", StringColumn.create("Name", "a"), DoubleColumn.create("x", 1 / 3.0),
                FloatColumn.create("f", 0.1f), IntColumn.create("n", new int[] {108400}),
                IntColumn.create("Year", new int[] {1993})));
        assertTrue(html.contains("<th scope=\"row\" style=\"text-align:left\">a</th>"), html);
        assertTrue(html.contains("<td style=\"text-align:right\">0.3333</td>"), html);
        assertTrue(html.contains("<td style=\"text-align:right\">0.1</td>"), html);
        assertTrue(html.contains("<td style=\"text-align:right\">108,400</td>"), html);
        assertTrue(html.contains("<td style=\"text-align:right\">1993</td>"), html);
        assertTrue(html.contains("<th scope=\"col\" style=\"text-align:right\">x</th>"), html);
    }

    @Test
    void aColumnsOwnFormatWins() {
        DoubleColumn rate = DoubleColumn.create("rate", 0.008312);
        rate.setPrintFormatter(NumberColumnFormatter.percent(2));
        assertTrue(Tables.html(Table.create("t", rate)).contains(">0.83%<"));
        IntColumn count = IntColumn.create("count", new int[] {12345});
        count.setPrintFormatter(java.text.NumberFormat.getIntegerInstance(Locale.GERMANY), "");
        assertTrue(Tables.html(Table.create("t", count)).contains(">12.345<"));
    }

    @Test
    void missingValuesAreEmpty() {
        String html = Tables.html(Table.create("t", DoubleColumn.create("x", Double.NaN), StringColumn.create("s", "")));
        assertTrue(html.contains("<td style=\"text-align:right\"></td>"), html);
    }

    @Test
    void textIsEscaped() {
        String html = Tables.html(Table.create("<b>\"A\" & 'B'</b>", StringColumn.create("<i>", "<script>")));
        assertFalse(html.contains("<script>") || html.contains("<i>") || html.contains("<b>"), html);
        assertTrue(html.contains("&lt;b&gt;&quot;A&quot; &amp; &#39;B&#39;&lt;/b&gt;</caption>"), html);
    }

    @Test
    void longTablesAreShortenedAndSaySo() {
        Table table = Table.create("t", IntColumn.create("n", IntStream.range(0, 1000).toArray()));
        assertEquals(1 + 20 + 1, Tables.html(table).split("<tr>").length - 1, "header, rows, and the rest in words");
        assertTrue(Tables.html(table).contains(">… 980 more rows of 1,000<"));
        assertTrue(Tables.text(table).endsWith("… 980 more rows of 1,000"), Tables.text(table));
        Table whole = table.first(20);
        assertFalse(Tables.html(whole).contains("more rows"));
        assertFalse(Tables.text(whole).contains("more rows"));
    }

    @Test
    void textRoundsAsHtmlDoes() {
        String text = Tables.text(Table.create("Results", DoubleColumn.create("x", 1 / 3.0),
                IntColumn.create("n", new int[] {108400})));
        assertTrue(text.contains("Results") && text.contains("0.3333 ") && text.contains("108,400"), text);
    }

    @Test
    void historyAndReportAreTables() {
        Table history = Tables.of(Samples.history(true, 0.02, Double.NaN));
        assertEquals("Training history: MNIST, quick run (stopped early)", history.name());
        assertEquals("Training history: MNIST, quick run (stopped early). The network has collapsed.",
                Tables.of(Samples.history(true, "The network has collapsed.", 0.02)).name());
        assertEquals(2, history.rowCount());
        assertTrue(Tables.html(history).contains(">0.03125<"), "training loss to four digits");
        assertTrue(Tables.html(history).contains(">1,043<"), "whole pairs a second");
        assertEquals(0, Tables.of(Samples.history(true)).rowCount());
        String report = Tables.text(Tables.of(Samples.report()));
        assertTrue(report.contains("squares & <stripes>") && report.contains("400") && report.contains("200"), report);
        assertTrue(report.contains(Text.percent(Samples.report().equalErrorRate())), report);
    }

    @Test
    void emptyTablesShowTheirColumns() {
        assertTrue(Tables.html(Table.create("none", IntColumn.create("n"))).contains(">n</th>"));
        assertTrue(Tables.text(Table.create("none", IntColumn.create("n"))).contains("n"));
    }
}
