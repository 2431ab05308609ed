package siamese.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.Activation;
import siamese.Campaign;
import siamese.data.LabeledImages;
import siamese.data.Pairs;

/** Training on what a reader may well give it: all stays finite, and comes out the same again. */
class TrainingRobustnessTest {

    private static final double[] MARGINS = {0.1, 0.5, 1, 10};
    private static final double[] RATES = {1e-4, 1e-3, 1e-2};
    private static final int SIZE = 28 * 28;

    /** Two black images, two white ones, two the same, and two of noise; two of each class. */
    private static LabeledImages awkward(SplittableRandom random) {
        byte[] pixels = new byte[8 * SIZE];
        for (int p = 0; p < SIZE; p++) {
            pixels[2 * SIZE + p] = pixels[3 * SIZE + p] = (byte) 255;
            pixels[4 * SIZE + p] = pixels[5 * SIZE + p] = (byte) random.nextInt(256);
            pixels[6 * SIZE + p] = (byte) random.nextInt(256);
            pixels[7 * SIZE + p] = (byte) random.nextInt(256);
        }
        return new LabeledImages("awkward images", 28, 28, 4, pixels, new int[] {0, 0, 1, 1, 2, 2, 3, 3});
    }

    /** Seven pairs, so that with batches of three the last one has a single pair. */
    private static Pairs awkwardPairs(LabeledImages images) {
        return new Pairs(images, new int[] {0, 0, 0, 4, 4, 6, 6}, new int[] {0, 1, 0, 5, 5, 7, 2},
                new boolean[] {true, true, false, true, false, true, false}); // an image with itself; the same twice, dissimilar
    }

    private static Pairs oneClass(LabeledImages images) {
        return new Pairs(images, new int[] {0, 1, 0}, new int[] {1, 0, 0}, new boolean[] {true, true, true});
    }

    private static void assertFinite(SiameseNetwork network, History history, String what) {
        assertTrue(Double.isFinite(network.graph().params().sumNumber().doubleValue()), what + ": weights");
        history.epochs().forEach(e -> assertTrue(Double.isFinite(e.trainLoss()), what + ": loss"));
    }

    @Test
    void nothingBecomesNaN() {
        int seeds = Campaign.size(2, 50);
        int trainings = 0;
        for (int seed = 1; seed <= seeds; seed++) {
            LabeledImages images = awkward(new SplittableRandom(seed));
            Pairs pairs = awkwardPairs(images);
            for (int k = 0; k < MARGINS.length * RATES.length; k++) {
                boolean cosine = k % 2 == 1;
                SiameseNetwork.Options options = new SiameseNetwork.Options(cosine ? Distance.COSINE : Distance.EUCLIDEAN,
                        MARGINS[k % MARGINS.length], cosine ? Activation.IDENTITY : Activation.RELU, RATES[k / MARGINS.length], seed);
                SiameseNetwork network = new SiameseNetwork(options);
                assertFinite(network, network.fit(pairs, pairs, 2, 3), options + ", pairs");
                assertFinite(network, network.fit(oneClass(images), null, 1, 2), options + ", one class");
                assertFinite(network, network.fitEmbeddingOnce(pairs, null, 2, 3, 2), options + ", each once");
                assertFinite(network, network.fit(images, null, new AllPairs(2, 3, 2, options.learningRate(), 1)), options + ", all pairs");
                trainings += 4;
                if (cosine) {
                    assertFinite(network, network.fit(images, null, new SupervisedContrastive(2, 3, 2, options.learningRate(), options.margin(), 1, 1, 1, 1)),
                            options + ", supervised contrastive");
                    trainings++;
                }
            }
        }
        Campaign.figure("training: %d seeds, margins 0.1 to 10, learning rates 1e-4 to 1e-2, %d trainings on awkward images, no NaN",
                seeds, trainings);
    }

    /** With the same number of threads: oneDNN and ND4J add in the same order each time. */
    @Test
    void sameSeedSameWeightsToTheBit() {
        LabeledImages bars = SiameseNetworkTest.bars(4, 12, 1);
        Pairs pairs = Pairs.create(bars, 1);
        for (boolean cosine : new boolean[] {false, true}) {
            float[][] weights = new float[2][];
            for (int k = 0; k < 2; k++) {
                SiameseNetwork network = new SiameseNetwork(cosine ? SiameseNetwork.Options.cosine(5) : SiameseNetwork.Options.overview(5));
                network.fit(pairs, null, 1, 30);
                network.fitEmbeddingOnce(pairs, null, 1, 30, 4);
                network.fit(bars, null, new AllPairs(1, 4, 6, 1e-3, 1));
                if (cosine) {
                    network.fit(bars, null, new SupervisedContrastive(1, 4, 6, 1e-3, 0.05, 0.1, 1, 0.5, 0.4));
                }
                weights[k] = network.graph().params().toFloatVector();
            }
            assertArrayEquals(weights[0], weights[1], cosine ? "cosine" : "Euclidean");
        }
        Campaign.figure("training: same seed, same machine, same number of threads: weights the same to the bit after all ways to train");
    }
}
