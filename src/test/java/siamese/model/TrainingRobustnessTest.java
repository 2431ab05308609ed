package siamese.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import siamese.Campaign;
import siamese.data.LabeledImages;
import siamese.data.Pairs;
import siamese.data.Variation;

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
        assertTrue(history.epochs().stream().noneMatch(e -> Double.isInfinite(e.testLoss())), what + ": test loss");
    }

    @Test
    void nothingBecomesNaN() {
        int seeds = Campaign.size(2, 50);
        int trainings = 0;
        for (int seed = 1; seed <= seeds; seed++) {
            LabeledImages images = awkward(new SplittableRandom(seed));
            Pairs pairs = awkwardPairs(images);
            for (int k = 0; k < MARGINS.length * RATES.length; k++) {
                double margin = MARGINS[k % MARGINS.length];
                SiameseNetwork network = SomeNetworks.overview(k % 2 == 1, seed);
                Recipe recipe = Recipe.overview().withEpochs(2).withPairsPerBatch(3).withLearningRate(RATES[k / MARGINS.length])
                        .withLoss(new ContrastiveLoss(margin)).withClassesPerBatch(3).withExamplesPerClass(2);
                String what = network.distance() + ", " + recipe;
                assertFinite(network, network.fit(pairs, pairs, recipe), what + ", pairs");
                assertFinite(network, network.fit(oneClass(images), null, recipe.withPairsPerBatch(2)), what + ", one class");
                assertFinite(network, network.fit(pairs, null, recipe.withPairsTogether(2)), what + ", in blocks");
                Recipe shifted = recipe.withOneCycle(true).withVariation(Variation.NONE.withShift(1));
                for (Loss loss : List.of(new ContrastiveLoss(margin, true), new SupervisedContrastiveLoss(margin),
                        new TripletLoss(margin, TripletLoss.Mining.values()[k % 3]))) {
                    assertFinite(network, network.fit(images, null, shifted.withLoss(loss)), what + ", " + loss);
                }
                assertFinite(network, network.fit(images, null, shifted.withLoss(new SupervisedContrastiveLoss(margin))
                        .withWeightDecay(1).withVariation(new Variation(1, 1, 1))), what + ", bent");
                trainings += 7;
            }
        }
        Campaign.figure("training: %d seeds, margins 0.1 to 10, learning rates 1e-4 to 1e-2, %d trainings on awkward images, "
                + "no NaN", seeds, trainings);
    }

    /** With the same number of threads: oneDNN and ND4J add in the same order each time. */
    @Test
    void sameSeedSameWeightsToTheBit() {
        LabeledImages bars = SomeNetworks.bars(4, 12, 1);
        Pairs pairs = Pairs.create(bars, 1);
        Recipe given = Recipe.overview().withEpochs(1).withPairsPerBatch(30);
        Recipe drawn = Recipe.supervisedContrastive(1).withClassesPerBatch(4).withExamplesPerClass(6);
        for (boolean cosine : new boolean[] {false, true}) {
            float[][] weights = new float[2][];
            for (int k = 0; k < 2; k++) {
                SiameseNetwork network = SomeNetworks.overview(cosine, 5);
                network.fit(pairs, null, given);
                network.fit(pairs, null, given.withPairsTogether(4));
                network.fit(bars, null, drawn.withLoss(new ContrastiveLoss(1, true)));
                network.fit(bars, null, drawn.withLoss(new TripletLoss(0.2, TripletLoss.Mining.HARD)));
                network.fit(bars, null, drawn);
                weights[k] = network.state().weights();
            }
            assertArrayEquals(weights[0], weights[1], cosine ? "cosine" : "Euclidean");
        }
        Campaign.figure("training: same seed, same machine, same number of threads: weights the same to the bit after all ways "
                + "to train");
    }
}
