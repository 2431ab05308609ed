package siamese.spark;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tech.tablesaw.api.DoubleColumn;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;

class KeptTest {

    @TempDir
    Path folder;

    private static Table measured(double... rates) {
        return Table.create(StringColumn.create("training", "one, with a comma", "two \"quoted\""),
                DoubleColumn.create("rate", rates));
    }

    private static double[] rates(Table table) {
        assertEquals(List.of("training", "rate"), table.columnNames());
        return table.numberColumn("rate").asDoubleArray();
    }

    @Test
    void onlyAnewWritesAndTheSameDataReads() throws Exception {
        Path file = folder.resolve("rates.csv");
        assertArrayEquals(new double[] {1, 2}, rates(Kept.table(file, "digits, seed 1", false, () -> measured(1, 2))));
        assertTrue(Files.notExists(file), "a run that is not to measure anew keeps nothing");
        assertArrayEquals(new double[] {0.25, 1.0 / 3},
                rates(Kept.table(file, "digits, seed 1", true, () -> measured(0.25, 1.0 / 3))));
        Table kept = Kept.table(file, "digits, seed 1", false, () -> {
            throw new IllegalStateException("measured, though it is kept");
        });
        assertArrayEquals(new double[] {0.25, 1.0 / 3}, rates(kept), "to the last bit");
        assertEquals("one, with a comma", kept.stringColumn("training").get(0));
        assertArrayEquals(new double[] {3, 4},
                rates(Kept.table(file, "digits, seed 2", false, () -> measured(3, 4))), "other data are measured");
        assertArrayEquals(new double[] {5, 6}, rates(Kept.table(file, "digits, seed 1", true, () -> measured(5, 6))));
        assertArrayEquals(new double[] {5, 6}, rates(Kept.table(file, "digits, seed 1", false, () -> null)));
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(List.of(file), files.toList(), "nothing half-written stays");
        }
    }

    @Test
    void anotherTableIsRefusedInASentence() throws IOException {
        Path file = Files.writeString(folder.resolve("other.csv"), "a,b\n1,2\n");
        String said = assertThrows(IOException.class, () -> Kept.table(file, "", false, () -> null)).getMessage();
        assertTrue(said.startsWith(file + " is not a table that publish 11 --anew has written"), said);
    }
}
