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
