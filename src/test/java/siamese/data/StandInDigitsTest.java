package siamese.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;
import siamese.Campaign;

/** All 70,000 of them; DrawingsTest has the same with a few. */
@Tag("slow")
class StandInDigitsTest {

    private static final int[] TEN_EACH = IntStream.generate(() -> 10).limit(10).toArray();

    private static Mnist all;

    @TempDir
    private Path folder;

    @BeforeAll
    static void draw() {
        all = StandInDigits.draw();
    }

    @Test
    void haveMnistsCountsSoThatEveryCountInTheTextHolds() {
        assertEquals("stand-in digits: 60,000 images of 28 x 28 pixels in 10 classes", all.train().toString());
        assertArrayEquals(new int[] {5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949},
                all.train().classCounts());
        assertArrayEquals(new int[] {980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009}, all.test().classCounts());
        assertEquals(108_400, Pairs.create(all.train(), 1).size());
        assertEquals(17_820, Pairs.create(all.test(), 1).size());
    }

    /** MNIST's own figure is 96.9 % (3.1 % errors, with all 10,000 test images). */
    @Test
    void areAboutAsHardAsMnistForTheNearestNeighbourInPixels() {
        int queries = 1000;
        INDArray asked = rows(all.test(), 0, queries);
        float[] nearest = new float[queries];
        int[] answer = new int[queries];
        Arrays.fill(nearest, Float.POSITIVE_INFINITY);
        int block = 5000;
        for (int from = 0; from < all.train().size(); from += block) {
            INDArray known = rows(all.train(), from, block);
            // |a - b|² = |a|² - 2ab + |b|², of which |a|² is the same for all b
            float[][] distances = asked.mmul(known.transpose()).muli(-2).addiRowVector(known.mul(known).sum(1))
                    .toFloatMatrix();
            for (int q = 0; q < queries; q++) {
                for (int k = 0; k < block; k++) {
                    if (distances[q][k] < nearest[q]) {
                        nearest[q] = distances[q][k];
                        answer[q] = all.train().label(from + k);
                    }
                }
            }
        }
        double right = IntStream.range(0, queries).filter(q -> answer[q] == all.test().label(q))
                .count() / (double) queries;
        Campaign.figure("the nearest of 60,000 stand-in digits in pixels names %.1f %% of %,d others rightly",
                100 * right, queries);
        assertTrue(right >= 0.96 && right <= 0.98, "right: " + right);
    }

    private static INDArray rows(LabeledImages images, int from, int count) {
        return images.pixels(IntStream.range(from, from + count).toArray()).reshape(count, 28 * 28);
    }

    @Test
    void stayWithinThePictureAndHaveAboutAsMuchInkAsMnist() {
        INDArray mean = rows(all.test(), 0, 10_000).mean(0).reshape(28, 28);
        assertTrue(mean.meanNumber().doubleValue() > 0.09 && mean.meanNumber().doubleValue() < 0.16,
                "mean: " + mean.meanNumber());
        for (int k = 0; k < 28; k++) {
            for (double edge : new double[] {mean.getDouble(0, k), mean.getDouble(27, k), mean.getDouble(k, 0),
                    mean.getDouble(k, 27)}) {
                assertTrue(edge < 0.005, "ink at the edge: " + edge);
            }
        }
    }

    @Test
    void comeFromTheSeedAlone() {
        String one = StandInDigits.draw(TEN_EACH, 1).fingerprint();
        assertEquals(one, StandInDigits.draw(TEN_EACH, 1).fingerprint());
        assertNotEquals(one, StandInDigits.draw(TEN_EACH, 2).fingerprint());
    }

    private DataFolder nowhere(Path given) {
        return new DataFolder("mnist", given, folder.resolve("cache/mnist"), List.of(URI.create("http://127.0.0.1:9/")),
                Duration.ofSeconds(5),
                System.out);
    }

    @Test
    void standInForMnistAndSaySoOnce() throws IOException {
        Campaign.Printed<Mnist> said = Campaign.printed(() -> Mnist.load(nowhere(null)));
        Mnist mnist = said.result();
        assertEquals("stand-in digits", mnist.train().source());
        assertEquals("stand-in digits, quick run", RunSize.QUICK.of(mnist).test().source());
        String text = said.text();
        assertTrue(text.startsWith("MNIST could not be had: ") && text.contains("stand-in digits")
                && text.contains("127.0.0.1: it cannot be reached")
                && text.contains("SIAMESE_DATA"), text);
        assertEquals(1, text.lines().count(), text);
    }

    @Test
    void neverStandInWhereTheUserNamedAFolder() throws IOException {
        Path keras = Files.createDirectories(folder.resolve("keras"));
        assertTrue(message(keras.resolve("mnist")).contains("which is " + keras + " and is empty"));
        Files.writeString(keras.resolve("mnist.npz"), "Keras");
        assertTrue(message(keras.resolve("mnist")).contains("which is " + keras + " and holds mnist.npz, or"),
                message(keras.resolve("mnist")));
    }

    @Test
    void doNotStandInForFilesThatTheUserGave() throws IOException {
        Path given = Files.createDirectories(folder.resolve("given/mnist"));
        assertTrue(message(given).startsWith("MNIST could not be had: train-images-idx3-ubyte.gz is neither in "
                + given));
        Files.writeString(given.resolve("train-images-idx3-ubyte"), "something else");
        assertTrue(message(given).contains("is not the original file"));
        assertTrue(message(folder.resolve("no/such/mnist"))
                .contains("is neither in " + folder.resolve("no/such/mnist")));
    }

    private String message(Path given) {
        return assertThrows(IOException.class, () -> Mnist.load(nowhere(given))).getMessage();
    }
}
