package siamese.data;

import java.io.ByteArrayInputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.MemoryCacheImageInputStream;
import org.apache.commons.lang3.Validate;

/**
 * Omniglot: 1,623 handwritten characters of 50 alphabets, each drawn by the same 20 people of its alphabet (B. M. Lake,
 * R. Salakhutdinov and J. B. Tenenbaum, "Human-level concept learning through probabilistic program induction", Science
 * 350, 2015, doi:10.1126/science.aab3050). The drawings have 105 × 105 pixels, which are black or white. On a machine
 * that cannot get them, characters that this project draws itself stand in for them; they call themselves "stand-in
 * characters" wherever the drawings would call themselves "Omniglot".
 *
 * @param background the 30 alphabets that one may learn from (964 characters)
 * @param evaluation the 20 alphabets to judge on (659 characters)
 * @param runs the published test of 20-way one-shot classification, on characters of the evaluation alphabets: 20 runs
 *     of 20 questions
 */
public record Omniglot(Characters background, Characters evaluation, List<Run> runs) {

    static final List<URI> MIRRORS =
            List.of(URI.create("https://github.com/brendenlake/omniglot/raw/master/python/"));

    /** The official archives, and for the drawings also archives that hold the same images, packed anew. */
    private static final DataFolder.Version[] BACKGROUND = {
        new DataFolder.Version(9_464_212, "ad41ab679c8b5d90b271ef46be6987cc81211774a695c29dcc5367b2b26ee640"),
        new DataFolder.Version(8_425_668, "0bd52a6c3e9b67c37260b49aa0ef999a781ce200d5971ac765cf7a4dcab78b9f")
    };
    private static final DataFolder.Version[] EVALUATION = {
        new DataFolder.Version(6_462_886, "1f61a8f3366785b057fc117d9228e78a16e3d976c8953b2a10fcc74cf0609cee"),
        new DataFolder.Version(5_757_624, "9d4a06435df3232e1e797949d03addc4bd9874ee5febcfbe49434c889d6f0a3e")
    };
    private static final DataFolder.Version RUNS =
            new DataFolder.Version(352_787, "437c1eeab0af8484112e1b4cc0f3d541ec727f7c47b9b202da738af9dfd6c325");

    /** Height and width of the drawings. */
    static final int ORIGINAL = 105;

    /** Any folder, then alphabet/character/number_drawer.png. */
    private static final Pattern DRAWING = Pattern.compile("(?:.*/)?(([^/]+)/[^/]+)/[^/]*_(\\d{1,9})\\.png");

    /** Bounds of what is unpacked in memory. */
    private static final int LARGEST_FILE = 1 << 16;
    private static final int LARGEST_TOTAL = 1 << 26;

    /**
     * The drawings of some alphabets.
     *
     * @param images square pictures; a class is a character of an alphabet
     * @param alphabets the alphabet of each class
     * @param drawers who drew each image, 1 to 20 within an alphabet
     */
    public record Characters(LabeledImages images, List<String> alphabets, int[] drawers) {

        /**
         * Checks that there is one alphabet a class and one drawer an image.
         *
         * @throws IllegalArgumentException if not
         */
        public Characters {
            alphabets = List.copyOf(alphabets);
            Validate.isTrue(alphabets.size() == images.classes() && drawers.length == images.size(), "alphabets and "
                    + "drawers must have one entry a class and an image, so %s and %s, but have %s and %s.",
                    images.classes(), images.size(), alphabets.size(), drawers.length);
        }

        /** {@return the names of the alphabets, each once} */
        public List<String> alphabetNames() {
            return alphabets.stream().distinct().toList();
        }

        /**
         * {@return the drawings of some of the alphabets; their characters are numbered anew, from 0}
         *
         * @param names which alphabets, at least one of those that are there
         * @param source what the new set calls itself
         * @throws IllegalArgumentException if there is no alphabet of a name, or no name
         */
        public Characters only(Collection<String> names, String source) {
            Validate.isTrue(!names.isEmpty() && alphabets.containsAll(names), "names must be some of alphabetNames(), "
                    + "but is %s.", names);
            int[] kept = IntStream.range(0, images.size()).filter(i -> names.contains(alphabets.get(images.label(i))))
                    .toArray();
            int[] classes = IntStream.of(kept).map(images::label).distinct().sorted().toArray();
            int[] labels = IntStream.of(kept).map(i -> Arrays.binarySearch(classes, images.label(i))).toArray();
            return new Characters(images.subset(kept).relabelled(source, classes.length, labels),
                    IntStream.of(classes).mapToObj(alphabets::get).toList(),
                    IntStream.of(kept).map(i -> drawers[i]).toArray());
        }

        /**
         * {@return more to learn from: each character turned by 0, 90, 180 and 270 degrees counts as four characters,
         * and each drawing comes once as it is and {@code copies - 1} times at random rotated, slanted, stretched and
         * shifted a little}
         *
         * <p>The class of a character c turned k times is 4c + k.
         *
         * @param copies of each drawing, at least 1
         * @param random draws the distortions
         * @throws IllegalArgumentException if {@code copies} is less than 1
         */
        public LabeledImages augmented(int copies, Random random) {
            return Warp.augmented(images, copies, random);
        }
    }

    /**
     * One run of the published test: which of the 20 characters of the training images, each drawn once, does each of
     * the test images show? The training images are all by one person and the test images by another.
     *
     * @param training one image of each of the classes 0 to 19
     * @param test the images to be classified; their labels are the right answers
     */
    public record Run(LabeledImages training, LabeledImages test) {
    }

    /**
     * Finds Omniglot and reads it: in the folder {@code omniglot} below the one that the environment variable
     * {@code SIAMESE_DATA} names, else in the cache, else from GitHub into the cache. The three archives are used only
     * if their SHA-256 is that of the originals, and are never unpacked to disk. Where Omniglot is in none of these
     * places, and there is no such folder below {@code SIAMESE_DATA}, standard output says why and how to get it, and
     * stand-in characters are returned.
     *
     * @return all drawings and the published runs, the drawings scaled to 28 × 28 pixels by averaging areas; their
     *     {@code source()} says which they are
     * @throws IOException if the files that the user gave are not Omniglot's or not all of them, or the cache cannot be
     *     used, in one sentence that says what to do
     */
    public static Omniglot load() throws IOException {
        return load(28);
    }

    /**
     * Finds Omniglot as {@link #load()} does and reads it at another size.
     *
     * @param size height and width of the drawings in pixels, 1 to 105; at 105, their own size, they are kept with a
     *     bit a pixel and take 45 MB
     * @return all drawings and the published runs
     * @throws IOException as {@link #load()} does
     * @throws IllegalArgumentException if {@code size} is out of range
     */
    public static Omniglot load(int size) throws IOException {
        Validate.isTrue(size >= 1 && size <= ORIGINAL, "size must be 1 to %s, the drawings' own, but is %s.", ORIGINAL,
                size);
        return load(DataFolder.standard("omniglot", MIRRORS), size);
    }

    static Omniglot load(DataFolder folder, int size) throws IOException {
        try {
            return new Omniglot(
                    characters("Omniglot background", folder.read("images_background.zip", BACKGROUND), size),
                    characters("Omniglot evaluation", folder.read("images_evaluation.zip", EVALUATION), size),
                    runs(folder.read("all_runs.zip", RUNS), size));
        } catch (FileNotFoundException nowhere) {
            if (folder.given() != null && Files.exists(folder.given())) {
                throw nowhere; // what the user gave is incomplete, which is not for us to replace
            }
            System.out.print(nowhere.getMessage() + String.format(StandInDigits.NOTE, StandInCharacters.SOURCE));
            return StandInCharacters.draw(size);
        }
    }

    /** Reads an archive of drawings. */
    static Characters characters(String source, byte[] archive, int size) throws IOException {
        try {
            Map<String, byte[]> files = unzip(archive);
            files.keySet().removeIf(name -> !name.endsWith(".png"));
            Map<String, Integer> classes = new LinkedHashMap<>();
            List<String> alphabets = new ArrayList<>();
            int[] labels = new int[files.size()];
            int[] drawers = new int[files.size()];
            int i = 0;
            for (String file : files.keySet()) {
                Matcher name = DRAWING.matcher(file);
                if (!name.matches()) {
                    throw new IOException("it has a picture " + file
                            + ", but they should be called alphabet/character/number_drawer.png");
                }
                if (classes.putIfAbsent(name.group(1), classes.size()) == null) {
                    alphabets.add(name.group(2));
                }
                labels[i] = classes.get(name.group(1));
                drawers[i++] = Integer.parseInt(name.group(3));
            }
            return new Characters(drawings(source, classes.size(), List.copyOf(files.values()), labels, size),
                    alphabets, drawers);
        } catch (IOException | RuntimeException e) { // ZipInputStream and Java's PNG reader throw all kinds of them
            throw damaged(e);
        }
    }

    /**
     * Reads the archive of the runs: runNN/training/classCC.png, runNN/test/itemII.png, and runNN/class_labels.txt with
     * the answers.
     */
    static List<Run> runs(byte[] archive, int size) throws IOException {
        try {
            Map<String, byte[]> files = unzip(archive);
            List<Run> runs = new ArrayList<>();
            for (String file : files.keySet()) {
                if (file.endsWith("/class_labels.txt")) {
                    runs.add(run(files, file, size));
                }
            }
            return List.copyOf(runs);
        } catch (IOException | RuntimeException e) {
            throw damaged(e);
        }
    }

    private static Run run(Map<String, byte[]> files, String answers, int size) throws IOException {
        String folder = answers.replace("/class_labels.txt", "");
        List<String> training = files.keySet().stream()
                .filter(name -> name.startsWith(folder + "/training/") && name.endsWith(".png")).toList();
        // a test picture and its training picture in each line
        String[] names = new String(files.get(answers), StandardCharsets.UTF_8).strip().split("\\s+");
        List<byte[]> tests = IntStream.range(0, names.length / 2).mapToObj(k -> files.get(names[2 * k])).toList();
        int[] labels = IntStream.range(0, tests.size()).map(k -> training.indexOf(names[2 * k + 1])).toArray();
        if (names.length % 2 > 0 || tests.contains(null) || IntStream.of(labels).anyMatch(label -> label < 0)) {
            throw new IOException("its " + answers + " does not name a test picture and its training picture a line");
        }
        return new Run(
                drawings("Omniglot " + folder, training.size(), training.stream().map(files::get).toList(),
                        IntStream.range(0, training.size()).toArray(), size),
                drawings("Omniglot " + folder, training.size(), tests, labels, size));
    }

    private static IOException damaged(Exception e) {
        return new IOException("One of Omniglot's archives is damaged (" + PictureFiles.reason(e)
                + "); use the original ones.", e);
    }

    /** The files of an archive by name, in order; bounded, whatever the archive claims. */
    static Map<String, byte[]> unzip(byte[] archive) throws IOException {
        Map<String, byte[]> files = new TreeMap<>();
        long total = 0;
        try (ZipInputStream zip = new ZipInputStream(new ByteArrayInputStream(archive))) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                byte[] content = zip.readNBytes(LARGEST_FILE + 1);
                total += content.length;
                if (content.length > LARGEST_FILE || total > LARGEST_TOTAL) {
                    throw new IOException("it has a file of more than " + LARGEST_FILE + " bytes, or more than "
                            + LARGEST_TOTAL + " bytes in all");
                }
                if (List.of(entry.getName().split("[/\\\\]")).contains("..")
                        || files.put(entry.getName(), content) != null) {
                    throw new IOException("it has a file twice, or one outside of its folder");
                }
            }
        }
        return files;
    }

    /** Drawings at a size, at the original one with a bit a pixel; read by all processors. */
    private static LabeledImages drawings(String source, int classes, List<byte[]> files, int[] labels, int size) {
        Pixels pixels = Pixels.allocate(files.size(), size, size, Channels.GREY, size == ORIGINAL);
        IntStream.range(0, files.size()).parallel()
                .forEach(i -> pixels.set(i, drawing(files.get(i)).fitted(size, size).ink(Channels.GREY)));
        return new LabeledImages(source, LabeledImages.names(classes), pixels, labels);
    }

    /** A drawing: a PNG file of one bit a pixel, 0 being ink. */
    private static Rgb drawing(byte[] file) {
        ImageReader reader = ImageIO.getImageReadersByFormatName("png").next();
        try (MemoryCacheImageInputStream in = new MemoryCacheImageInputStream(new ByteArrayInputStream(file))) {
            reader.setInput(in, true, true);
            if (reader.getWidth(0) != ORIGINAL || reader.getHeight(0) != ORIGINAL) {
                throw new IOException("it has " + reader.getHeight(0) + " x " + reader.getWidth(0)
                        + " pixels instead of 105 x 105");
            }
            return Rgb.of(reader.read(0));
        } catch (IOException | RuntimeException e) {
            throw new UncheckedIOException("a picture cannot be read: " + PictureFiles.reason(e), new IOException(e));
        } finally {
            reader.dispose();
        }
    }
}
