package siamese.data;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.apache.commons.codec.digest.DigestUtils;

/**
 * The ORL faces: ten photographs each of 40 people, taken at the Olivetti Research Laboratory in Cambridge from April
 * 1992 to April 1994 (F. Samaria and A. Harter, "Parameterisation of a stochastic model for human face
 * identification", WACV 1994, doi:10.1109/ACV.1994.341300). Whoever uses them gives credit to the Olivetti Research
 * Laboratory, as the README in the archive asks.
 */
public final class Faces {

    /** Where the laboratory's archive is kept. */
    static final List<URI> MIRRORS =
            List.of(URI.create("https://www.cl.cam.ac.uk/Research/DTG/attarchive/pub/data/"));
    static final String ARCHIVE = "att_faces.zip";

    private static final int PEOPLE = 40;
    private static final int EACH = 10;
    private static final int ROWS = 112;
    private static final int COLUMNS = 92;
    private static final String SHA256 = "2e4844a9f4fa4397058f69d6208047170f2e9d399cda18b55c1e8d28f0a83431";

    /** Any folder, then sPERSON/PICTURE.pgm. */
    private static final Pattern NAME = Pattern.compile("(?:.*/)?(s\\d{1,2}/\\d{1,2}\\.pgm)");

    /** The head of a binary PGM file of a byte a pixel; its lines may be comments. */
    private static final Pattern PGM = Pattern.compile("P5(?:\\s|#[^\n]*\n)+(\\d{1,5})\\s+(\\d{1,5})\\s+255\\s");
    private static final int LONGEST_HEAD = 256;

    private Faces() {
    }

    /**
     * Finds the faces and reads them at half their size: in the folder {@code faces} below the one that the environment
     * variable {@code SIAMESE_DATA} names, else in the cache, else from the University of Cambridge into the cache. How
     * the archive {@code att_faces.zip} is packed does not matter, but its pictures must have the pixels of the
     * original ones; it is never unpacked to disk.
     *
     * @return 400 grey pictures of 56 × 46 pixels, in the order s1/1, s1/2 … s40/10; the classes are the people s1 to
     *     s40, ten pictures each
     * @throws IOException if the faces are in none of these places, or others are, in one sentence that says what to do
     */
    public static LabeledImages load() throws IOException {
        return load(ROWS / 2, COLUMNS / 2);
    }

    /**
     * Finds the faces as {@link #load()} does and reads them at another size: of each picture the middle, as much as
     * has the proportions of that size, scaled by averaging areas.
     *
     * @param rows height in pixels, at least 1; the originals have 112
     * @param columns width in pixels, at least 1; the originals have 92
     * @return 400 grey pictures of 40 people
     * @throws IOException as there
     * @throws IllegalArgumentException if the size is less than 1, or the pictures need more memory than there is
     */
    public static LabeledImages load(int rows, int columns) throws IOException {
        return load(DataFolder.standard("faces", MIRRORS), rows, columns);
    }

    static LabeledImages load(DataFolder folder, int rows, int columns) throws IOException {
        Pixels pixels = Pixels.allocate(PEOPLE * EACH, rows, columns, Channels.GREY, false);
        List<byte[]> photographs = photographs(folder.read(ARCHIVE, new Original()));
        IntStream.range(0, photographs.size()).parallel().forEach(i -> {
            BufferedImage picture = new BufferedImage(COLUMNS, ROWS, BufferedImage.TYPE_BYTE_GRAY);
            picture.getRaster().setDataElements(0, 0, COLUMNS, ROWS, photographs.get(i));
            pixels.set(i, Rgb.of(picture).fitted(rows, columns).ink(Channels.GREY));
        });
        return new LabeledImages("ORL faces",
                IntStream.rangeClosed(1, PEOPLE).mapToObj(person -> "s" + person).toList(), pixels,
                IntStream.range(0, PEOPLE * EACH).map(i -> i / EACH).toArray());
    }

    /** What the archive must hold. */
    private record Original() implements DataFolder.Expected {

        @Override
        public int most() {
            return 1 << 23; // the pictures take half of it without any compression
        }

        @Override
        public String trouble(byte[] content) {
            try {
                var digest = DigestUtils.getSha256Digest();
                photographs(content).forEach(digest::update);
                return Arrays.equals(digest.digest(), HexFormat.of().parseHex(SHA256)) ? null
                        : "has other faces than the ORL set's, or changed ones, under the same name";
            } catch (IOException | RuntimeException e) { // ZipInputStream throws all kinds of them
                return "is not the archive of the ORL faces (" + PictureFiles.reason(e) + ")";
            }
        }
    }

    /** {@return the pixels of each picture of an archive, from s1/1 to s40/10, 0 being black} */
    private static List<byte[]> photographs(byte[] archive) throws IOException {
        Map<String, byte[]> files = new HashMap<>();
        for (Map.Entry<String, byte[]> file : Omniglot.unzip(archive).entrySet()) {
            Matcher name = NAME.matcher(file.getKey());
            if (name.matches() && files.put(name.group(1), file.getValue()) != null) {
                throw new IOException("it has " + name.group(1) + " in two folders");
            }
        }
        List<byte[]> photographs = new ArrayList<>();
        for (int i = 0; i < PEOPLE * EACH; i++) {
            String name = "s" + (i / EACH + 1) + "/" + (i % EACH + 1) + ".pgm";
            if (!files.containsKey(name)) {
                throw new IOException("it has no picture " + name);
            }
            photographs.add(pixels(name, files.get(name)));
        }
        return photographs;
    }

    private static byte[] pixels(String name, byte[] file) throws IOException {
        Matcher head = PGM.matcher(new String(file, 0, Math.min(file.length, LONGEST_HEAD),
                StandardCharsets.ISO_8859_1));
        if (!head.lookingAt()) {
            throw new IOException("its " + name + " is no PGM file of a byte a pixel");
        }
        int columns = Integer.parseInt(head.group(1));
        int rows = Integer.parseInt(head.group(2));
        if (rows != ROWS || columns != COLUMNS) {
            throw new IOException("its " + name + " has " + rows + " x " + columns + " pixels instead of " + ROWS
                    + " x " + COLUMNS);
        }
        if (file.length < head.end() + ROWS * COLUMNS) {
            throw new IOException("its " + name + " is cut off");
        }
        return Arrays.copyOfRange(file, head.end(), head.end() + ROWS * COLUMNS);
    }
}
