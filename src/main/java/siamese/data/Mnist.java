package siamese.data;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.URI;
import java.util.List;

/**
 * The MNIST database of handwritten digits (LeCun and Cortes): 60,000 training and 10,000 test images, 28 × 28 pixels,
 * ten classes. On a machine that cannot get it, digits that this project draws itself stand in for it, as many of each
 * class; they call themselves "stand-in digits" wherever MNIST would call itself "MNIST".
 *
 * @param train the training images
 * @param test the test images
 */
public record Mnist(LabeledImages train, LabeledImages test) {

    private static final DataFolder.Version TRAIN_IMAGES = new DataFolder.Version(47_040_016,
            "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db");
    private static final DataFolder.Version TRAIN_LABELS = new DataFolder.Version(60_008,
            "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5");
    private static final DataFolder.Version TEST_IMAGES = new DataFolder.Version(7_840_016,
            "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7");
    private static final DataFolder.Version TEST_LABELS = new DataFolder.Version(10_008,
            "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2");

    static final List<URI> MIRRORS = List.of(
            URI.create("https://storage.googleapis.com/cvdf-datasets/mnist/"),
            URI.create("https://ossci-datasets.s3.amazonaws.com/mnist/"));

    /**
     * Finds MNIST and reads it: in the folder {@code mnist} below the one that the environment variable
     * {@code SIAMESE_DATA} names, in that one itself or in torchvision's {@code MNIST/raw} below it, else in the cache,
     * else from a mirror into the cache. The files are used only if their SHA-256 is that of the originals, compressed
     * or not, whatever their suffix says. Where MNIST is in none of these places and {@code SIAMESE_DATA} is not set,
     * standard output says why and how to get it, and stand-in digits are returned.
     *
     * @return all training and test images; their {@code source()} says which they are
     * @throws IOException if the files that the user gave are not MNIST's or not all of them, or the cache cannot be
     *     used, in one sentence that says what to do
     */
    public static Mnist load() throws IOException {
        return load(DataFolder.standard("mnist", MIRRORS));
    }

    static Mnist load(DataFolder folder) throws IOException {
        try {
            return new Mnist(
                    Idx.images("MNIST", folder.read("train-images-idx3-ubyte.gz", TRAIN_IMAGES),
                            folder.read("train-labels-idx1-ubyte.gz", TRAIN_LABELS)),
                    Idx.images("MNIST", folder.read("t10k-images-idx3-ubyte.gz", TEST_IMAGES),
                            folder.read("t10k-labels-idx1-ubyte.gz", TEST_LABELS)));
        } catch (FileNotFoundException nowhere) {
            if (folder.given() != null) {
                throw nowhere; // what the user named is wrong or incomplete, which is not for us to replace
            }
            System.out.print(nowhere.getMessage() + String.format(StandInDigits.NOTE, StandInDigits.SOURCE));
            return StandInDigits.draw();
        }
    }

    /**
     * Puts MNIST, or what stands in for it, into the cache if it is not at hand; Binder calls this while it builds.
     *
     * @param args ignored
     */
    public static void main(String[] args) {
        try {
            Mnist mnist = load();
            System.out.printf("Ready: %s, and %,d to test with.%n", mnist.train, mnist.test.size());
        } catch (IOException e) {
            System.err.println(e.getMessage());
            System.exit(1);
        }
    }
}
