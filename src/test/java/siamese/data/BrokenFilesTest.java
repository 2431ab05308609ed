package siamese.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import siamese.Campaign;
import siamese.Mutation;

/**
 * Thousands of broken files, the same at each run: each is read rightly or refused in one sentence, in bounded memory.
 */
class BrokenFilesTest {

    private static final int IMAGES = 30;
    private static final int ROWS = 5;
    private static final int COLUMNS = 4;

    /** The first messages make Java load what formats them. */
    private static final int WARM_UP = 1000;

    private static byte[] imageFile() {
        byte[] file = ByteBuffer.allocate(16 + IMAGES * ROWS * COLUMNS).putInt(0x803).putInt(IMAGES).putInt(ROWS)
                .putInt(COLUMNS).array();
        for (int p = 16; p < file.length; p++) {
            file[p] = (byte) (p * 37);
        }
        return file;
    }

    private static byte[] labelFile() {
        byte[] file = ByteBuffer.allocate(8 + IMAGES).putInt(0x801).putInt(IMAGES).array();
        for (int i = 0; i < IMAGES; i++) {
            file[8 + i] = (byte) (i % 10);
        }
        return file;
    }

    /** The format's definition, once more: whether these bytes are what their header says. */
    private static boolean whole(byte[] file, int rank) {
        if (file.length < 4 + 4 * rank || ByteBuffer.wrap(file).getInt() != 0x800 + rank) {
            return false;
        }
        double product = 1;
        for (int d = 1; d <= rank; d++) {
            int size = ByteBuffer.wrap(file).getInt(4 * d);
            if (size < 1) {
                return false;
            }
            product *= size;
        }
        return product == file.length - 4 - 4 * rank;
    }

    private static boolean right(byte[] images, byte[] labels) {
        return whole(images, 3) && whole(labels, 1)
                && ByteBuffer.wrap(images).getInt(4) == ByteBuffer.wrap(labels).getInt(4)
                && Arrays.stream(labels(labels)).distinct().count() > 1;
    }

    private static int[] labels(byte[] file) {
        return IntStream.range(8, file.length).map(i -> file[i] & 0xff).toArray();
    }

    private static DataFolder offline(Path folder) {
        return new DataFolder("test", folder, folder.resolve("cache"), List.of(), Duration.ofSeconds(1), System.out);
    }

    /** One that no file is of. */
    private static DataFolder.Version version(int bytes) {
        return new DataFolder.Version(bytes, "0".repeat(64));
    }

    @Test
    void idxIsReadRightlyOrRefused() {
        int n = Campaign.size(20_000, 100_000);
        SplittableRandom random = new SplittableRandom(8);
        int read = 0;
        double most = 0;
        for (int k = 0; k < n; k++) {
            int which = random.nextInt(10);
            byte[] images = which < 6 ? Mutation.of(imageFile(), random) : imageFile();
            byte[] labels = which > 4 ? Mutation.of(labelFile(), random) : labelFile();
            if (random.nextInt(50) == 0) {
                byte[] swapped = images;
                images = labels;
                labels = swapped;
            }
            byte[] imageBytes = images;
            byte[] labelBytes = labels;
            LabeledImages[] result = new LabeledImages[1];
            long before = Campaign.allocated();
            String refused = Campaign.refusal(() -> result[0] = Idx.images("test", imageBytes, labelBytes),
                    IOException.class);
            if (k >= WARM_UP) {
                most = Math.max(most, (double) (Campaign.allocated() - before) / (8_000 + images.length
                        + labels.length));
            }
            assertEquals(right(images, labels), refused == null, "file " + k + ": " + refused);
            if (refused == null) {
                read++;
                assertSame(images, labels, result[0]);
            }
        }
        assertTrue(read > n / 200 && read < n / 2,
                read + " of " + n + " read: the mutations are too strong or too weak");
        assertTrue(most < 20, "up to " + most + " times the size of the files was allocated");
        Campaign.figure("IDX reader: %,d broken files, %,d still right and read so, %,d refused in one sentence, at "
                + "most %.1f times their size + 8 kB allocated", n, read, n - read, most);
    }

    private static void assertSame(byte[] images, byte[] labels, LabeledImages read) {
        int area = read.rows() * read.columns();
        assertEquals(labels.length - 8, read.size());
        for (int i = 0; i < read.size(); i++) {
            assertEquals(Integer.toString(labels[8 + i] & 0xff), read.classNames().get(read.label(i)));
            int[] shades = read.image(i).getRaster().getPixels(0, 0, read.columns(), read.rows(), (int[]) null);
            for (int p = 0; p < area; p++) {
                assertEquals(255 - (images[16 + i * area + p] & 0xff), shades[p]);
            }
        }
    }

    @Test
    void gzipIsReadRightlyOrRefused(@TempDir Path folder) throws Exception {
        byte[] content = imageFile();
        String sha256 = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(content);
        }
        DataFolder data = offline(folder);
        int n = Campaign.size(4_000, 20_000);
        SplittableRandom random = new SplittableRandom(9);
        int read = 0;
        long most = 0;
        for (int k = 0; k < n; k++) {
            boolean zipped = k % 4 > 0;
            Path file = folder.resolve(zipped ? "file.gz" : "file");
            Files.write(file, Mutation.of(zipped ? out.toByteArray() : content, random));
            byte[][] result = new byte[1][];
            long before = Campaign.allocated();
            String refused = Campaign.refusal(() -> result[0] = data.read("file.gz",
                    new DataFolder.Version(content.length, sha256)), IOException.class);
            most = Math.max(most, Campaign.allocated() - before);
            if (refused == null) {
                read++;
                assertArrayEquals(content, result[0]);
            }
            Files.delete(file);
        }
        assertTrue(read > 0 && read < n / 2, read + " of " + n + " read");
        assertTrue(most < 8 << 20, most + " bytes were allocated");
        Campaign.figure("gzip reader: %,d broken files, %,d still right and read so, %,d refused in one sentence, "
                + "at most %,d kB allocated",
                n, read, n - read, most >> 10);
    }

    /** Thousand times as much as there should be, and the same again within itself. */
    @Test
    void aGzipBombIsRefusedAtTheSizeThatTheFileShouldHave(@TempDir Path folder) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            for (int k = 0; k < 1000; k++) {
                gzip.write(new byte[100_000]);
            }
        }
        Files.write(folder.resolve("file.gz"), out.toByteArray());
        DataFolder data = offline(folder);
        long before = Campaign.allocated();
        String refused = Campaign.refusal(() -> data.read("file.gz", version(100_000)), IOException.class);
        assertTrue(refused.contains("more than 100000 bytes"), refused);
        assertTrue(Campaign.allocated() - before < 8 << 20, Campaign.allocated() - before + " bytes were allocated");
    }

    @Test
    void whatIsNoFileIsNamed(@TempDir Path folder) throws IOException {
        DataFolder data = offline(folder);
        Path file = folder.resolve("file.gz");
        Files.createDirectory(file);
        String refused = Campaign.refusal(() -> data.read("file.gz", version(10)), IOException.class);
        assertTrue(refused.startsWith(file + " is not a file"), refused);
        Files.delete(file);
        Files.createSymbolicLink(file, folder.resolve("nowhere"));
        refused = Campaign.refusal(() -> data.read("file.gz", version(10)), IOException.class);
        assertTrue(refused.contains("file.gz"), refused);
        Files.delete(file);
        Files.createSymbolicLink(file, file);
        refused = Campaign.refusal(() -> data.read("file.gz", version(10)), IOException.class);
        assertTrue(refused.contains("file.gz"), refused);
        Files.delete(file);
        Files.write(file, new byte[0]);
        refused = Campaign.refusal(() -> data.read("file.gz", version(10)), IOException.class);
        assertTrue(refused.contains("is not the original file: it has 0 bytes"), refused);
    }

    /** Root may read everything, so that for root a process of a user who may not tries it. */
    @Test
    void aFileThatMayNotBeReadIsNamed(@TempDir Path folder) throws Exception {
        Path file = Files.write(folder.resolve("file.gz"), new byte[10]);
        Assumptions.assumeTrue(file.toFile().setReadable(false, false), "a file system without rights");
        String refused = Files.isReadable(file) ? refusedToNobody(folder)
                : Campaign.refusal(() -> offline(folder).read("file.gz", version(10)), IOException.class);
        assertTrue(refused.startsWith(file + " may not be read, you having no right to"), refused);
        assertEquals("", Campaign.faults(refused));
    }

    private static String refusedToNobody(Path folder) throws Exception {
        Path setpriv = Path.of("/usr/bin/setpriv");
        Path java = Path.of(System.getProperty("java.home"), "bin", "java").toRealPath();
        Assumptions.assumeTrue(Files.isExecutable(setpriv),
                "root may read everything, and there is no setpriv to be somebody else");
        // the project may lie in root's home
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
        for (Class<?> needed : List.of(DataFolder.class, BrokenFilesTest.class)) {
            copy(Path.of(needed.getProtectionDomain().getCodeSource().getLocation().toURI()).resolve("siamese/data"),
                    folder.resolve("siamese/data"));
        }
        Process child = new ProcessBuilder(setpriv.toString(), "--reuid=65534", "--regid=65534", "--clear-groups",
                java.toString(), "-Xmx64m",
                "-cp", folder.toString(), NotAllowed.class.getName(), folder.toString()).directory(folder.toFile())
                .redirectErrorStream(true).start();
        String said = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        Assumptions.assumeFalse(child.waitFor() == 126, "only root may start this Java: " + said);
        return said;
    }

    private static void copy(Path from, Path to) throws IOException {
        Files.createDirectories(to);
        try (Stream<Path> files = Files.list(from)) {
            for (Path file : files.filter(f -> f.toString().endsWith(".class")).toList()) {
                Files.copy(file, to.resolve(file.getFileName()));
            }
        }
    }

    /** What that process does. */
    static final class NotAllowed {

        private NotAllowed() {
        }

        public static void main(String[] args) {
            Path folder = Path.of(args[0]);
            try {
                new DataFolder("test", folder, folder.resolve("cache"), List.of(), Duration.ofSeconds(1), System.out)
                        .read("file.gz", new DataFolder.Version(10, "0".repeat(64)));
                System.out.println("It was read.");
            } catch (IOException e) {
                System.out.println(e.getMessage());
            }
        }
    }
}
