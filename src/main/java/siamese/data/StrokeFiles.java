package siamese.data;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import siamese.data.Strokes.Drawing;

/** Reads strokes: Omniglot's archives, and signatures in SVC2004's format. */
final class StrokeFiles {

    private static final DataFolder.Version FIRST = new DataFolder.Version(3_056_274,
            "8cb3960fb6cf4ccf5f064ad83169f828c36c36782a0f6e7faacb7ecfae4468a2");
    private static final DataFolder.Version SECOND = new DataFolder.Version(4_100_947,
            "345bf2141efbea062833dbb2828abbc23d9e07825e46f2afdd4daecddfed6e78");

    /** The folder of the archive, then alphabet/character/number_drawer.txt; not what macOS has added. */
    private static final Pattern CHARACTER = Pattern.compile("strokes[^/]*/([^/]+/[^/]+/\\d+_\\d+)\\.txt");
    private static final Pattern SIGNATURE = Pattern.compile("(?i)U(\\d{1,5})S(\\d{1,4})\\.TXT");
    private static final int LAST_GENUINE = 20;
    private static final int MOST = 10_000;
    private static final int LARGEST = 1 << 20;
    private static final double LONGEST_PAUSE = 150;

    private StrokeFiles() {
    }

    static Strokes omniglot(DataFolder folder) throws IOException {
        Map<String, Drawing> drawings = characters(folder.read("strokes_background_small1.zip", FIRST));
        drawings.putAll(characters(folder.read("strokes_background_small2.zip", SECOND))); // two alphabets are in both
        List<String> names = drawings.keySet().stream().map(name -> name.replaceFirst("/[^/]*$", "")).toList();
        List<String> characters = names.stream().distinct().toList();
        return new Strokes("Omniglot's strokes", List.copyOf(drawings.values()),
                names.stream().mapToInt(characters::indexOf).toArray(), new boolean[names.size()]);
    }

    /** {@return the drawings of an archive by name} */
    static Map<String, Drawing> characters(byte[] archive) throws IOException {
        Map<String, Drawing> drawings = new TreeMap<>();
        for (Map.Entry<String, byte[]> file : Omniglot.unzip(archive).entrySet()) {
            Matcher name = CHARACTER.matcher(file.getKey());
            if (name.matches()) {
                drawings.put(name.group(1), character(name.group(1),
                        new String(file.getValue(), StandardCharsets.US_ASCII)));
            }
        }
        return drawings;
    }

    /** A line is x, y, milliseconds; BREAK is behind each stroke. */
    static Drawing character(String name, String text) throws IOException {
        List<double[]> points = new ArrayList<>(); // x, y, milliseconds, whether the pen is down
        List<String> lines = text.lines().toList();
        double before = 0;
        for (int k = 1; k < lines.size(); k++) { // behind START
            double[] last = points.isEmpty() ? new double[4] : points.get(points.size() - 1);
            if (lines.get(k).startsWith("BREAK")) {
                last[3] = 0;
            } else {
                double[] point = numbers(name, k + 1, lines.get(k), ",", 3);
                double step = Math.max(1, Math.min(LONGEST_PAUSE, point[2] - before));
                before = point[2];
                points.add(new double[] {point[0], point[1], last[2] + step, 1});
            }
        }
        if (!points.isEmpty() && points.get(points.size() - 1)[3] != 0) {
            throw new IOException(name + " has no BREAK behind its last stroke, so it is cut off; use the original.");
        }
        return drawing(name, points);
    }

    static Strokes folder(Path folder) throws IOException {
        Map<Integer, Path> found = new TreeMap<>(); // by signer and number
        try (Stream<Path> files = Files.list(folder)) {
            files.forEach(file -> {
                Matcher name = SIGNATURE.matcher(file.getFileName().toString());
                if (name.matches()) {
                    found.put(MOST * Integer.parseInt(name.group(1)) + Integer.parseInt(name.group(2)), file);
                }
            });
        } catch (NotDirectoryException | NoSuchFileException e) {
            throw new IOException(folder + " is no folder; give one with files such as U1S1.TXT.", e);
        }
        List<Drawing> drawings = new ArrayList<>();
        for (Path file : found.values()) {
            if (Files.size(file) >= LARGEST) {
                throw new IOException(file.getFileName() + " has a megabyte or more, but a signature has some "
                        + "kilobytes; take the file away.");
            }
            drawings.add(signature(file.getFileName().toString(), Files.readString(file, StandardCharsets.ISO_8859_1)));
        }
        int[] keys = found.keySet().stream().mapToInt(key -> key).toArray();
        List<Integer> signers = IntStream.of(keys).map(key -> key / MOST).distinct().boxed().toList();
        boolean[] forged = new boolean[keys.length];
        IntStream.range(0, keys.length).forEach(i -> forged[i] = keys[i] % MOST > LAST_GENUINE);
        try {
            return new Strokes(folder.toAbsolutePath().getFileName().toString(), drawings,
                    IntStream.of(keys).map(key -> signers.indexOf(key / MOST)).toArray(), forged);
        } catch (IllegalArgumentException e) {
            throw new IOException(folder + " does not hold two signatures at least, and of each signer a genuine one, "
                    + "such as U1S1.TXT to U1S20.TXT; add some.", e);
        }
    }

    /** The number of points, then a line each: x, y, milliseconds, 1 for down or 0 for up, and what is not read. */
    static Drawing signature(String name, String text) throws IOException {
        List<String> lines = text.strip().lines().toList();
        double promised = lines.isEmpty() ? 0 : numbers(name, 1, lines.get(0), "\\s+", 1)[0];
        if (promised != lines.size() - 1) {
            throw new IOException(String.format("%s promises %.0f points in its first line, but has %d; it is cut off.",
                    name, promised, Math.max(0, lines.size() - 1)));
        }
        List<double[]> points = new ArrayList<>();
        for (int k = 1; k < lines.size(); k++) {
            double[] point = numbers(name, k + 1, lines.get(k).strip(), "\\s+", 4);
            if (point[3] != 0 && point[3] != 1) {
                throw new IOException(name + ", line " + (k + 1) + ": the pen must be 1 (down) or 0 (up), but is "
                        + point[3] + ".");
            }
            if (!points.isEmpty() && points.get(points.size() - 1)[2] == point[2]) {
                points.remove(points.size() - 1); // of two events of one moment the later one counts
            }
            points.add(point);
        }
        if (points.stream().allMatch(point -> point[3] == 0)) {
            throw new IOException(name + ": the pen is never down, so nothing was written; record it again.");
        }
        return drawing(name, points);
    }

    private static Drawing drawing(String name, List<double[]> points) throws IOException {
        boolean[] down = new boolean[points.size()];
        IntStream.range(0, down.length).forEach(i -> down[i] = points.get(i)[3] == 1);
        try {
            return new Drawing(name, points.stream().mapToDouble(p -> p[0]).toArray(),
                    points.stream().mapToDouble(p -> p[1]).toArray(),
                    points.stream().mapToDouble(p -> p[2] / 1000).toArray(), down);
        } catch (IllegalArgumentException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    private static double[] numbers(String name, int line, String text, String between, int count) throws IOException {
        String[] parts = text.split(between);
        try {
            return IntStream.range(0, count).mapToDouble(k -> Double.parseDouble(parts[k])).toArray();
        } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
            throw new IOException(name + ", line " + line + ": " + count + " number(s) expected, but found \""
                    + (text.length() > 40 ? text.substring(0, 40) + "…" : text) + "\"; it is cut off, or of another "
                    + "format.", e);
        }
    }
}
