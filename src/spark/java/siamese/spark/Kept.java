package siamese.spark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Collections;
import java.util.Set;
import java.util.concurrent.Callable;
import siamese.data.Settings;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;

/**
 * Measurements that take minutes, kept in files beside the notebook. {@code python3 course.py publish 11 --anew}
 * measures and writes them; every other run reads what is there, if it was measured on the same data with the same
 * seed.
 */
public final class Kept {

    private Kept() {
    }

    /**
     * {@return the table that was kept in a file, or measured now} Standard output says which file was read.
     *
     * @param file its name, such as {@code averaging.csv}, in the folder of the notebook
     * @param data on what is measured, such as {@code MNIST}; a table that was measured on something else, or with
     *     another {@link Settings#seed()}, is left alone
     * @param measure what to do where nothing is kept, or all is to be measured anew
     * @throws IOException if the file cannot be read or written, in one sentence
     * @throws Exception what {@code measure} throws
     */
    public static Table table(String file, String data, Callable<Table> measure) throws Exception {
        return table(Path.of(file), data + ", seed " + Settings.seed(), "1".equals(System.getenv("SIAMESE_ANEW")),
                measure);
    }

    static Table table(Path file, String of, boolean anew, Callable<Table> measure) throws Exception {
        if (!anew && Files.exists(file)) {
            Table kept = read(file);
            if (kept.stringColumn("of").unique().asSet().equals(Set.of(of))) {
                System.out.println("Read from " + file.getFileName()
                        + "; python3 course.py publish 11 --anew measures it again.");
                return kept.removeColumns("of");
            }
        }
        Table table = measure.call();
        if (anew) {
            Path part = Files.createTempFile(file.toAbsolutePath().getParent(), file.getFileName().toString(), ".part");
            try {
                table.copy().addColumns(StringColumn.create("of", Collections.nCopies(table.rowCount(), of))).write()
                        .csv(part.toFile());
                Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } finally {
                Files.deleteIfExists(part);
            }
        }
        return table;
    }

    private static Table read(Path file) throws IOException {
        try {
            Table kept = Table.read().csv(file.toFile());
            kept.stringColumn("of");
            return kept;
        } catch (RuntimeException e) {
            throw new IOException(file + " is not a table that publish 11 --anew has written: " + e.getMessage()
                    + " Delete it, or have it written again.", e);
        }
    }
}
