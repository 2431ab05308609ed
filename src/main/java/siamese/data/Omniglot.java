package siamese.data;

import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipInputStream;

/**
 * Omniglot: 1,623 handwritten characters of 50 alphabets, each drawn by the same 20 people of its alphabet (B. M. Lake,
 * R. Salakhutdinov and J. B. Tenenbaum, "Human-level concept learning through probabilistic program induction", Science
 * 350, 2015, doi:10.1126/science.aab3050). The drawings have 105 × 105 pixels, which are black or white.
 *
 * @param background the 30 alphabets that one may learn from (964 characters)
 * @param evaluation the 20 alphabets to judge on (659 characters)
 * @param runs the published test of 20-way one-shot classification, on characters of the evaluation alphabets: 20 runs
 *     of 20 questions
 */
public record Omniglot(Characters background, Characters evaluation, List<Run> runs) {

    private static final List<URI> MIRRORS =
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
    private static final DataFolder.Version[] RUNS = {
        new DataFolder.Version(352_787, "437c1eeab0af8484112e1b4cc0f3d541ec727f7c47b9b202da738af9dfd6c325")
    };

    /** Bounds of what is unpacked in memory. */
    private static final int MOST_FILES = 50_000;
    private static final int LARGEST_FILE = 1 << 16;
    private static final int LARGEST_TOTAL = 1 << 26;

    private static final String SENSELESS =
            "One of Omniglot's archives does not hold what it should; use the original ones.";

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
            if (alphabets.size() != images.classes() || drawers.length != images.size()) {
                throw new IllegalArgumentException("alphabets and drawers must have one entry a class and an image, so "
                        + images.classes() + " and " + images.size() + ", but have " + alphabets.size() + " and "
                        + drawers.length + ".");
            }
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
            for (String name : names) {
                if (!alphabets.contains(name)) {
                    throw new IllegalArgumentException("There is no alphabet " + name
                            + "; alphabetNames() lists them.");
                }
            }
            int[] kept = IntStream.range(0, images.size()).filter(i -> names.contains(alphabets.get(images.label(i))))
                    .toArray();
            if (kept.length == 0) {
                throw new IllegalArgumentException("names is empty; give at least one alphabet.");
            }
            int[] classes = IntStream.of(kept).map(images::label).distinct().sorted().toArray();
            int[] number = new int[images.classes()];
            IntStream.range(0, classes.length).forEach(c -> number[classes[c]] = c);
            LabeledImages part = images.subset(kept);
            return new Characters(part.relabelled(source, classes.length,
                    IntStream.of(kept).map(i -> number[images.label(i)]).toArray()),
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
     * if their SHA-256 is that of the originals, and are never unpacked to disk.
     *
     * @return all drawings and the published runs, the drawings scaled to 28 × 28 pixels by averaging areas
     * @throws IOException if Omniglot is in none of these places, in one sentence that says what to do
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
     * @throws IOException if Omniglot is in none of these places, in one sentence that says what to do
     * @throws IllegalArgumentException if {@code size} is out of range
     */
    public static Omniglot load(int size) throws IOException {
        if (size < 1 || size > Drawing.ORIGINAL) {
            throw new IllegalArgumentException("size must be 1 to " + Drawing.ORIGINAL + ", the drawings' own, but is "
                    + size + ".");
        }
        DataFolder folder = DataFolder.standard("omniglot", MIRRORS);
        return new Omniglot(
                characters("Omniglot background", folder.readArchive("images_background.zip", BACKGROUND), size),
                characters("Omniglot evaluation", folder.readArchive("images_evaluation.zip", EVALUATION), size),
                runs(folder.readArchive("all_runs.zip", RUNS), size));
    }

    /** Reads an archive of drawings: any folder, then alphabet/character/number_drawer.png. */
    static Characters characters(String source, byte[] archive, int size) throws IOException {
        try {
            return readCharacters(source, archive, size);
        } catch (RuntimeException e) { // a name without a number, a single character
            throw new IOException(SENSELESS, e);
        }
    }

    private static Characters readCharacters(String source, byte[] archive, int size) throws IOException {
        Map<String, byte[]> files = new TreeMap<>(unzip(archive));
        files.keySet().removeIf(name -> !name.endsWith(".png"));
        List<String> alphabets = new ArrayList<>();
        Map<String, Integer> classes = new LinkedHashMap<>();
        int[] labels = new int[files.size()];
        int[] drawers = new int[files.size()];
        int i = 0;
        for (String name : files.keySet()) {
            String[] parts = name.split("/");
            int number = name.lastIndexOf('_');
            if (parts.length < 3 || number < 0) {
                throw new IOException("Omniglot's archive has a picture " + name
                        + ", but they should be called alphabet/character/number_drawer.png.");
            }
            String alphabet = parts[parts.length - 3];
            String character = alphabet + "/" + parts[parts.length - 2];
            if (!classes.containsKey(character)) {
                classes.put(character, classes.size());
                alphabets.add(alphabet);
            }
            labels[i] = classes.get(character);
            drawers[i++] = Integer.parseInt(name.substring(number + 1, name.length() - 4));
        }
        Pixels drawings = Drawing.read(List.copyOf(files.values()), size);
        return new Characters(new LabeledImages(source, LabeledImages.names(classes.size()), drawings, labels),
                alphabets, drawers);
    }

    /**
     * Reads the archive of the runs: runNN/training/classCC.png, runNN/test/itemII.png, and runNN/class_labels.txt with
     * the answers.
     */
    static List<Run> runs(byte[] archive, int size) throws IOException {
        try {
            return readRuns(archive, size);
        } catch (RuntimeException e) {
            throw new IOException(SENSELESS, e);
        }
    }

    private static List<Run> readRuns(byte[] archive, int size) throws IOException {
        Map<String, byte[]> files = new TreeMap<>(unzip(archive));
        List<Run> runs = new ArrayList<>();
        for (Map.Entry<String, byte[]> file : files.entrySet()) {
            if (file.getKey().endsWith("/class_labels.txt")) {
                String folder = file.getKey().substring(0, file.getKey().lastIndexOf('/'));
                List<String> training = files.keySet().stream()
                        .filter(name -> name.startsWith(folder + "/training/") && name.endsWith(".png")).toList();
                List<byte[]> questions = new ArrayList<>();
                List<Integer> answers = new ArrayList<>();
                for (String line : new String(file.getValue(), StandardCharsets.UTF_8).strip().split("\\R")) {
                    String[] names = line.strip().split("\\s+");
                    if (names.length != 2 || !files.containsKey(names[0]) || !training.contains(names[1])) {
                        throw new IOException("Omniglot's " + file.getKey()
                                + " names no test picture and its training picture in the line \"" + line + "\".");
                    }
                    questions.add(files.get(names[0]));
                    answers.add(training.indexOf(names[1]));
                }
                String source = "Omniglot " + folder;
                List<String> names = LabeledImages.names(training.size());
                runs.add(new Run(
                        new LabeledImages(source, names, Drawing.read(training.stream().map(files::get).toList(), size),
                                IntStream.range(0, training.size()).toArray()),
                        new LabeledImages(source, names, Drawing.read(questions, size),
                                answers.stream().mapToInt(a -> a).toArray())));
            }
        }
        return List.copyOf(runs);
    }

    /** The files of an archive by name, without folders; bounded, whatever the archive claims. */
    private static Map<String, byte[]> unzip(byte[] archive) throws IOException {
        Map<String, byte[]> files = new HashMap<>();
        long total = 0;
        try (ZipInputStream zip = new ZipInputStream(new ByteArrayInputStream(archive), StandardCharsets.UTF_8)) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                if (!entry.isDirectory()) {
                    byte[] content = zip.readNBytes(LARGEST_FILE + 1);
                    total += content.length;
                    if (content.length > LARGEST_FILE || total > LARGEST_TOTAL || files.size() == MOST_FILES) {
                        throw new IOException("Omniglot's archive has more than " + MOST_FILES
                                + " files, one of more than " + LARGEST_FILE + " bytes, or more than " + LARGEST_TOTAL
                                + " bytes in all, so it is not the original.");
                    }
                    if (Arrays.asList(entry.getName().split("[/\\\\]")).contains("..")
                            || files.put(entry.getName(), content) != null) {
                        throw new IOException("Omniglot's archive has a file twice, or one outside of its folder, so "
                                + "it is not the original.");
                    }
                }
            }
        } catch (EOFException e) {
            throw new IOException("One of Omniglot's archives is cut off; use the original ones.", e);
        } catch (ZipException e) {
            throw new IOException("One of Omniglot's archives is damaged (" + e.getMessage()
                    + "); use the original ones.", e);
        }
        return files;
    }
}
