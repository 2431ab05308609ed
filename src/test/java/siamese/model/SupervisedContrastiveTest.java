package siamese.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import siamese.data.LabeledImages;
import siamese.data.Pairs;

class SupervisedContrastiveTest {

    private static final int[] LABELS = {0, 0, 1, 1, 1, 2, 3, 3}; // class 2 has nobody to be near to

    private static double[] weights(int[] labels) {
        int n = labels.length;
        double[] weights = new double[2 * n * n];
        for (int i = 0; i < n; i++) {
            for (int j = i + 1; j < n; j++) {
                weights[2 * n * i + j + (labels[i] == labels[j] ? 0 : n)] = 0.01;
            }
        }
        return weights;
    }

    /** The paper's formula, term by term. */
    private static double byDefinition(double[][] e, int[] labels, double temperature) {
        double loss = 0;
        for (int i = 0; i < e.length; i++) {
            int own = i;
            long similar = Arrays.stream(labels).filter(l -> l == labels[own]).count() - 1;
            double all = 0;
            for (int k = 0; k < e.length; k++) {
                all += k == i ? 0 : Math.exp((1 - Distance.COSINE.of(e[i], e[k])) / temperature);
            }
            for (int j = 0; j < e.length; j++) {
                if (j != i && labels[j] == labels[i]) {
                    loss -= Math.log(Math.exp((1 - Distance.COSINE.of(e[i], e[j])) / temperature) / all) / similar / e.length;
                }
            }
        }
        return loss;
    }

    @Test
    void lossAndGradientAreThoseOfThePaper() {
        Random random = new Random(4);
        for (double temperature : new double[] {0.05, 0.1, 1, 20}) {
            double[][] e = PairMatrixLossTest.random(LABELS.length, 4, random);
            BatchLoss.Result result = new SupervisedContrastiveLoss(temperature).of(Nd4j.create(e), weights(LABELS));
            assertEquals(byDefinition(e, LABELS, temperature), result.loss(), 1e-9);
            PairMatrixLossTest.assertGradient(moved -> byDefinition(moved, LABELS, temperature), e, result, 1e-6 / temperature, "temperature " + temperature);
        }
    }

    @Test
    void agreesWithPyTorch() {
        List<String[]> rows = ContrastiveLossTest.fixture("SUPERVISED");
        assertEquals(9, rows.size());
        for (String[] row : rows) {
            int[] labels = Arrays.stream(ContrastiveLossTest.numbers(row[3])).mapToInt(l -> (int) l).toArray();
            INDArray embeddings = Nd4j.createFromArray(ContrastiveLossTest.numbers(row[2])).reshape(labels.length, 5);
            BatchLoss.Result result = new SupervisedContrastiveLoss(Double.parseDouble(row[1])).of(embeddings, weights(labels));
            assertEquals(Double.parseDouble(row[4]), result.loss(), 1e-10);
            assertArrayEquals(ContrastiveLossTest.numbers(row[5]), result.gradient().reshape(5L * labels.length).toDoubleVector(), 1e-9);
        }
    }

    /** Two images of one class at a right angle, a third one in the middle: each of the first two prefers the third one. */
    @Test
    void aLossWorkedOutByHand() {
        INDArray e = Nd4j.createFromArray(new double[][] {{2, 0}, {0, 1}, {3, 3}});
        double expected = 2.0 / 3 * Math.log(1 + Math.exp(Math.sqrt(0.5) / 0.5)); // −log(e⁰ / (e⁰ + e^(cos 45°/τ))), twice of three
        assertEquals(expected, new SupervisedContrastiveLoss(0.5).of(e, weights(new int[] {7, 7, 1})).loss(), 1e-12);
    }

    @Test
    void nothingOverflowsAndNothingWithoutDirectionIsPulled() {
        INDArray e = Nd4j.createFromArray(new double[][] {{1, 0}, {-1, 0}, {0, 1}, {0, 0}});
        BatchLoss.Result result = new SupervisedContrastiveLoss(1e-4).of(e, weights(new int[] {0, 0, 1, 1}));
        assertTrue(result.loss() > 1000 && Double.isFinite(result.loss()), result.loss() + "");
        assertTrue(Double.isFinite(result.gradient().sumNumber().doubleValue()));
        BatchLoss.Result lonely = new SupervisedContrastiveLoss(0.1).of(e, weights(new int[] {0, 1, 2, 3}));
        assertEquals(0, lonely.loss());
        assertEquals(0, lonely.gradient().norm2Number().doubleValue());
    }

    @Test
    void imagesAreMovedByPartsOfAPixelEachTimeDifferently() {
        byte[] ink = new byte[3 * 784];
        for (int image = 0; image < 3; image++) {
            for (int p = 0; p < 20; p++) {
                ink[784 * image + (10 + p / 4 + image) * 28 + 9 + p % 4] = (byte) (60 + 9 * p);
            }
        }
        LabeledImages spots = new LabeledImages("spots", 28, 28, 2, ink, new int[3]);
        int[] some = {1, 1, 2};
        INDArray still = spots.pixels(some);
        assertEquals(still, spots.varied(0, 0, 0, new Random(1), some));
        INDArray moved = spots.varied(2, 0, 0, new Random(1), some);
        assertArrayEquals(new long[] {3, 1, 28, 28}, moved.shape());
        assertEquals(moved, spots.varied(2, 0, 0, new Random(1), some), "the generator decides");
        assertFalse(moved.slice(0).equals(moved.slice(1)), "the same image twice is moved twice");
        Random random = new Random(1);
        for (int k = 0; k < 3; k++) {
            double right = 2 * (2 * random.nextDouble() - 1);
            double down = 2 * (2 * random.nextDouble() - 1);
            skipKnots(random);
            random.nextDouble(); // the ink
            double sum = still.slice(k).sumNumber().doubleValue();
            assertEquals(sum, moved.slice(k).sumNumber().doubleValue(), 0.02 * sum, "no ink is lost in the middle");
            assertEquals(right, centre(moved, k, 1) - centre(still, k, 1), 0.02);
            assertEquals(down, centre(moved, k, 0) - centre(still, k, 0), 0.02);
        }
        assertThrows(IllegalArgumentException.class, () -> spots.varied(Double.NaN, 0, 0, new Random(1), 0));
        assertThrows(IndexOutOfBoundsException.class, () -> spots.varied(1, 0, 0, new Random(1), 3));
        LabeledImages wide = new LabeledImages("wide", 2, 3, 2, new byte[6], new int[1]);
        assertTrue(assertThrows(IllegalArgumentException.class, () -> wide.varied(1, 0, 0, new Random(1), 0)).getMessage().contains("square"));
    }

    @Test
    void imagesAreBentAndTheirInkChanges() {
        byte[] ink = new byte[2 * 784];
        for (int y = 6; y < 22; y++) { // a bar, darker in the middle, and all of the paper half dark
            for (int x = 12; x < 17; x++) {
                ink[28 * y + x] = (byte) (x == 14 ? 255 : 100);
            }
        }
        Arrays.fill(ink, 784, 1568, (byte) 128);
        LabeledImages images = new LabeledImages("bar and paper", 28, 28, 2, ink, new int[2]);
        int[] bars = new int[200];
        INDArray bent = images.varied(0, 0.5, 0, new Random(2), bars);
        double[] mean = new double[2];
        double[] squares = new double[2];
        for (int k = 0; k < bars.length; k++) {
            for (int axis = 0; axis < 2; axis++) {
                double moved = centre(bent, k, axis) - centre(images.pixels(0), 0, axis);
                mean[axis] += moved / bars.length;
                squares[axis] += moved * moved / bars.length;
            }
        }
        for (int axis = 0; axis < 2; axis++) {
            assertEquals(0, mean[axis], 0.1, "to both sides alike");
            assertTrue(squares[axis] > 0.02 && squares[axis] < 0.25, "as a whole by less than a knot: " + squares[axis]);
        }
        INDArray first = bent.slice(0);
        double top = rowCentre(first, 8);
        double bottom = rowCentre(first, 19);
        assertTrue(Math.abs((top - 14) - (bottom - 14)) > 0.1, "bent, not only moved: " + top + " and " + bottom);
        INDArray inked = images.varied(0, 0, 0.4, new Random(3), 1, 1, 1, 1, 0);
        Random random = new Random(3);
        for (int k = 0; k < 4; k++) {
            random.nextDouble();
            random.nextDouble();
            skipKnots(random);
            double expected = Math.pow(128 / 255.0, Math.exp(0.4 * (2 * random.nextDouble() - 1)));
            assertEquals(expected, inked.getDouble(k, 0, 3, 3), 0.5 / 255 + 1e-6);
            assertEquals(expected, inked.getDouble(k, 0, 20, 9), 0.5 / 255 + 1e-6);
        }
        assertEquals(0, inked.getDouble(4, 0, 0, 0), "no ink stays none");
        assertEquals(1, inked.getDouble(4, 0, 10, 14), 1e-6, "the darkest stays the darkest");
    }

    private static void skipKnots(Random random) {
        for (int k = 0; k < 50; k++) {
            random.nextGaussian();
        }
    }

    private static double rowCentre(INDArray image, int y) {
        double sum = 0;
        double moment = 0;
        for (int x = 0; x < 28; x++) {
            sum += image.getDouble(0, y, x);
            moment += x * image.getDouble(0, y, x);
        }
        return moment / sum;
    }

    /** The centre of an image's ink, down (0) or to the right (1). */
    private static double centre(INDArray images, int k, int axis) {
        double sum = 0;
        double moment = 0;
        for (int y = 0; y < 28; y++) {
            for (int x = 0; x < 28; x++) {
                double ink = images.getDouble(k, 0, y, x);
                sum += ink;
                moment += ink * (axis == 0 ? y : x);
            }
        }
        return moment / sum;
    }

    @Tag("slow")
    @Test
    void learnsToTellBarsApart() {
        LabeledImages bars = SiameseNetworkTest.bars(4, 65, 1);
        Pairs pairs = Pairs.create(bars, 1);
        SiameseNetwork network = new SiameseNetwork(SiameseNetwork.Options.directions(1));
        History history = network.fit(bars, pairs, new SupervisedContrastive(4, 4, 8, 4e-3, 0.1, 0.1, 1, 0.5, 0.4));
        List<History.Epoch> epochs = history.epochs();
        assertEquals(4, epochs.size());
        double least = Math.log(7); // where the seven others of a class are all equally near, and nobody else is
        assertTrue(epochs.get(3).trainLoss() >= least && epochs.get(3).trainLoss() < least + 0.1, history.toString());
        assertTrue(epochs.get(3).testLoss() < 0.02, history.toString());
    }

    @Tag("slow")
    @Test
    void weightDecayTakesItsShare() {
        LabeledImages bars = SiameseNetworkTest.bars(4, 20, 1);
        double[] norms = new double[2];
        for (int k = 0; k < 2; k++) {
            SiameseNetwork network = new SiameseNetwork(SiameseNetwork.Options.directions(1));
            network.fit(bars, null, new SupervisedContrastive(1, 4, 20, 1e-2, 0.1, 10 * k, 0, 0, 0)); // a single step
            norms[k] = network.graph().params().castTo(DataType.DOUBLE).norm2Number().doubleValue();
        }
        double rate = new OneCycle(1e-2, 1).valueAt(0, 0);
        SiameseNetwork untrained = new SiameseNetwork(SiameseNetwork.Options.directions(1));
        double before = untrained.graph().params().castTo(DataType.DOUBLE).norm2Number().doubleValue();
        assertEquals(10 * rate * before, norms[0] - norms[1], 0.05 * 10 * rate * before);
    }

    @Test
    void badRecipesAndTheWrongDistanceAreNamed() {
        assertThrows(IllegalArgumentException.class, () -> new SupervisedContrastive(0, 10, 12, 1e-3, 0.1, 0, 0, 0, 0));
        for (double temperature : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY}) {
            assertTrue(assertThrows(IllegalArgumentException.class, () -> new SupervisedContrastive(1, 10, 12, 1e-3, temperature, 0, 0, 0, 0))
                    .getMessage().contains("temperature"));
        }
        for (double wrong : new double[] {-0.1, 11, Double.NaN}) {
            assertTrue(assertThrows(IllegalArgumentException.class, () -> new SupervisedContrastive(1, 10, 12, 1e-3, 0.1, wrong, 0, 0, 0))
                    .getMessage().contains("weightDecay"));
            assertTrue(assertThrows(IllegalArgumentException.class, () -> new SupervisedContrastive(1, 10, 12, 1e-3, 0.1, 0, wrong, 0, 0))
                    .getMessage().contains("shift"));
            assertTrue(assertThrows(IllegalArgumentException.class, () -> new SupervisedContrastive(1, 10, 12, 1e-3, 0.1, 0, 0, wrong, 0))
                    .getMessage().contains("bend"));
            assertTrue(assertThrows(IllegalArgumentException.class, () -> new SupervisedContrastive(1, 10, 12, 1e-3, 0.1, 0, 0, 0, wrong))
                    .getMessage().contains("ink"));
        }
        LabeledImages bars = SiameseNetworkTest.bars(4, 20, 1);
        assertTrue(assertThrows(IllegalArgumentException.class, () -> SiameseNetwork.overview(1).fit(bars, null, SupervisedContrastive.recommended(1)))
                .getMessage().contains("Options.directions"));
    }
}
