package siamese.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The rows that a campaign has found so far, in a file that is only ever added to, so that it may be stopped. */
final class Rows {

    private final Path file;
    private final List<String> all = new ArrayList<>();

    /** Reads the file, or begins it with its first row. */
    Rows(Path file, String header) throws IOException {
        this.file = file;
        if (Files.exists(file)) {
            all.addAll(Files.readAllLines(file));
        } else {
            append(List.of(header));
        }
    }

    /** {@return the rows that begin so, in the order in which they were found} */
    Stream<String> beginning(String words) {
        return all.stream().filter(row -> row.startsWith(words));
    }

    void append(List<String> found) throws IOException {
        Files.createDirectories(file.toAbsolutePath().getParent());
        Files.writeString(file, String.join("\n", found) + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        all.addAll(found);
    }
}
