package siamese;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import siamese.data.LabeledImages;
import siamese.data.Pairs;
import siamese.evaluation.VerificationReport;
import siamese.model.ContrastiveLoss;
import siamese.model.SiameseNetwork;
import siamese.notebook.Charts;

/** The ten mistakes that a student makes first: each is answered by the argument, the value found, and what to do. */
class LikelyMistakesTest {

    @TempDir
    Path folder;

    private static LabeledImages images(int side, int classes, int... labels) {
        return new LabeledImages("drawn", side, side, classes, new byte[labels.length * side * side], labels);
    }

    private static DynamicTest mistake(String name, Executable mistake, String argument, String value, String remedy) {
        return DynamicTest.dynamicTest(name, () -> {
            String said = assertThrows(Exception.class, mistake).getMessage();
            for (String part : List.of(argument, value, remedy)) {
                assertTrue(said != null && said.contains(part), "<" + said + "> says " + part);
            }
            assertTrue(said.matches(".*[.?]"), "one line: " + said);
        });
    }

    @TestFactory
    List<DynamicTest> eachNamesArgumentValueAndRemedy() throws Exception {
        SiameseNetwork network = SiameseNetwork.overview(1);
        LabeledImages mnistLike = images(28, 2, 0, 0, 1, 1);
        Path notSaved = folder.resolve("notes.txt");
        Files.writeString(notSaved, "no network");
        float[] bytesAsNumbers = new float[4 * 28 * 28];
        Arrays.fill(bytesAsNumbers, 255);
        return List.of(
                mistake("wrong shape", () -> network.embed(images(32, 2, 0, 1), 0, 1),
                        "examples of shape", "1 × 32 × 32", "bring pictures to its size"),
                mistake("images not in [0, 1]", () -> LabeledImages.of("mine", 28, 28, 2, bytesAsNumbers, new int[4]),
                        "pixels[0]", "255", "divide them by 255"),
                mistake("labels of the wrong length", () -> new LabeledImages("mine", 28, 28, 2, new byte[2 * 28 * 28], new int[3]),
                        "labels has 3", "1568", "one label an image"),
                mistake("margin not above 0", () -> new ContrastiveLoss(0), "margin", "0.0", "the overview uses 1"),
                mistake("empty class", () -> Pairs.create(images(28, 3, 0, 0, 1, 1), 1), "examples", "0 of class 2", "add some"),
                mistake("one class only", () -> VerificationReport.of("mine", new double[] {0.1, 0.2}, new boolean[] {true, true}),
                        "similar", "2 similar and 0 dissimilar", "Pairs.create"),
                mistake("network not trained", () -> Charts.losses(network.history()), "history", "no finished epoch", "train"),
                mistake("wrong file", () -> SiameseNetwork.load(notSaved), "notes.txt", "is not a network", "train and save"),
                mistake("unknown digit", () -> images(28, 2, 0, 7), "labels[1]", "7", "0 to 1"),
                mistake("pairs from another image set",
                        () -> new Pairs(mnistLike, new int[] {0}, new int[] {59}, new boolean[] {true}),
                        "examples 0 and 59", "only 4", "made from other ones"));
    }

    /**
     * Only what needs a training that took place refuses a network without one. Embedding it is what chapter 06 does on
     * purpose, judging it says what training is measured against, and its empty history says in the saved file, too, that
     * there was none. A refusal there would forbid the comparison that a student ought to make.
     */
    @Test
    void anUntrainedNetworkMayBeJudgedAndSaved() throws Exception {
        SiameseNetwork network = SiameseNetwork.overview(1);
        byte[] pixels = new byte[8 * 28 * 28];
        new Random(1).nextBytes(pixels);
        Pairs pairs = Pairs.create(new LabeledImages("noise", 28, 28, 2, pixels, new int[] {0, 0, 0, 0, 1, 1, 1, 1}), 1);
        double[] distances = network.distances(pairs);
        assertTrue(Arrays.stream(distances).allMatch(d -> Double.isFinite(d) && d >= 0));
        assertTrue(Double.isFinite(VerificationReport.of(pairs, distances).equalErrorRate()));
        Path file = folder.resolve("untrained.zip");
        network.save(file);
        SiameseNetwork loaded = SiameseNetwork.load(file);
        assertArrayEquals(distances, loaded.distances(pairs));
        assertThrows(IllegalArgumentException.class, () -> Charts.losses(loaded.history()));
    }
}
