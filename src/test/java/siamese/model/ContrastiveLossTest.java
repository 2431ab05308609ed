package siamese.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationIdentity;
import org.nd4j.linalg.activations.impl.ActivationSoftPlus;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import siamese.Campaign;

class ContrastiveLossTest {

    private static final IActivation IDENTITY = new ActivationIdentity();

    private static INDArray column(double... values) {
        return Nd4j.createFromArray(values).reshape(values.length, 1);
    }

    @Test
    void valuesAreThoseOfTheFormula() {
        ContrastiveLoss loss = new ContrastiveLoss(2);
        assertEquals(0.25, loss.of(0.5, true), 1e-15);
        assertEquals(2.25, loss.of(0.5, false), 1e-15);
        assertEquals(0, loss.of(2.5, false));
        assertEquals((0.25 + 2.25 + 0) / 3, loss.mean(new double[] {0.5, 0.5, 2.5}, new boolean[] {true, false, false}), 1e-15);
        INDArray scores = loss.computeScoreArray(column(1, 0, 0), column(0.5, 0.5, 2.5), IDENTITY, null);
        assertEquals(column(0.25, 2.25, 0), scores);
        assertEquals(2.5, loss.computeScore(column(1, 0, 0), column(0.5, 0.5, 2.5), IDENTITY, null, false), 1e-12);
        assertEquals(2.5 / 3, loss.computeScore(column(1, 0, 0), column(0.5, 0.5, 2.5), IDENTITY, null, true), 1e-12);
    }

    @Test
    void gradientIsTheOneDerivedByHand() {
        INDArray gradient = new ContrastiveLoss(2).computeGradient(column(1, 0, 0), column(0.5, 0.5, 2.5), IDENTITY, null);
        assertEquals(column(1, -3, 0), gradient);
    }

    @Test
    void gradientAgreesWithFiniteDifferences() {
        SplittableRandom random = new SplittableRandom(11);
        double h = 1e-6;
        for (double margin : new double[] {0.1, 1, 10}) {
            ContrastiveLoss loss = new ContrastiveLoss(margin);
            for (IActivation activation : new IActivation[] {IDENTITY, new ActivationSoftPlus()}) {
                for (int trial = 0; trial < 200; trial++) {
                    double x = random.nextDouble(0, 1.5 * margin);
                    INDArray label = column(random.nextInt(2));
                    double up = loss.computeScore(label, column(x + h), activation, null, false);
                    double down = loss.computeScore(label, column(x - h), activation, null, false);
                    double slope = loss.computeGradient(label, column(x), activation, null).getDouble(0);
                    assertEquals((up - down) / (2 * h), slope, 1e-5 * (1 + Math.abs(slope)) * (1 + margin),
                            "margin " + margin + ", x " + x);
                }
            }
        }
    }

    /** Rows that make_fixture.py computed with PyTorch's autograd. */
    static List<String[]> fixture(String... kinds) {
        try (InputStream in = ContrastiveLossTest.class.getResourceAsStream("loss.csv")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().map(line -> line.split(";"))
                    .filter(row -> List.of(kinds).contains(row[0])).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static double[] numbers(String text) {
        return Arrays.stream(text.split(" ")).mapToDouble(Double::parseDouble).toArray();
    }

    @Test
    void agreesWithPyTorch() {
        List<String[]> rows = fixture("distances");
        assertEquals(20, rows.size());
        double most = 0;
        for (String[] row : rows) {
            ContrastiveLoss loss = new ContrastiveLoss(Double.parseDouble(row[1]));
            INDArray distances = column(numbers(row[2]));
            INDArray similar = column(numbers(row[3]));
            assertEquals(Double.parseDouble(row[4]), loss.computeScore(similar, distances, IDENTITY, null, true), 1e-12);
            double[] gradient = loss.computeGradient(similar, distances, IDENTITY, null).toDoubleVector();
            double[] expected = numbers(row[5]);
            for (int p = 0; p < expected.length; p++) { // Deeplearning4j divides by the number of pairs later
                assertEquals(expected[p], gradient[p] / expected.length, 1e-12);
                most = Math.max(most, Math.abs(expected[p] - gradient[p] / expected.length));
            }
        }
        Campaign.figure("contrastive loss against PyTorch: %d random batches, gradients at most %.0e apart",
                rows.size(), most);
    }

    @Test
    void doesNotChangeItsArguments() {
        INDArray labels = column(1, 0);
        INDArray distances = column(0.5, 0.25);
        ContrastiveLoss loss = new ContrastiveLoss(1);
        loss.computeGradientAndScore(labels, distances, new ActivationSoftPlus(), null, true);
        assertEquals(column(1, 0), labels);
        assertEquals(column(0.5, 0.25), distances);
    }

    @Test
    void maskedPairsCountNothing() {
        ContrastiveLoss loss = new ContrastiveLoss(1);
        assertEquals(column(0.25, 0), loss.computeScoreArray(column(1, 1), column(0.5, 0.5), IDENTITY, column(1, 0)));
        assertEquals(column(1, 0), loss.computeGradient(column(1, 1), column(0.5, 0.5), IDENTITY, column(1, 0)));
    }

    @Test
    void equalLossesHaveEqualMargins() {
        ContrastiveLoss loss = new ContrastiveLoss(2);
        assertEquals(2, loss.margin());
        assertEquals(new ContrastiveLoss(2), loss);
        assertEquals(new ContrastiveLoss(2).hashCode(), loss.hashCode());
        assertNotEquals(new ContrastiveLoss(1), loss);
        assertNotEquals(new ContrastiveLoss(2, true), loss);
        assertEquals(new ContrastiveLoss(2, true), new ContrastiveLoss(2, true));
        assertEquals("ContrastiveLoss(margin=2.0, violating only)", new ContrastiveLoss(2, true).name());
        assertNotEquals(new ContrastiveLoss(1).hashCode(), loss.hashCode());
        assertNotEquals("ContrastiveLoss(margin=2.0)", loss);
        assertEquals("ContrastiveLoss(margin=2.0)", loss.name());
    }

    @Test
    void keepsTheDataTypeOfTheDistances() {
        INDArray gradient = new ContrastiveLoss(1).computeGradient(column(1), column(0.5).castTo(DataType.FLOAT), IDENTITY, null);
        assertEquals(DataType.FLOAT, gradient.dataType());
    }

    @Test
    void badInputIsNamed() {
        for (double margin : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY}) {
            String message = assertThrows(IllegalArgumentException.class, () -> new ContrastiveLoss(margin)).getMessage();
            assertTrue(message.startsWith("margin must be greater than 0, but is " + margin), message);
            assertEquals(message, Campaign.refusal(() -> new ContrastiveLoss(margin, true), IllegalArgumentException.class));
        }
        ContrastiveLoss loss = new ContrastiveLoss(1);
        assertThrows(IllegalArgumentException.class, () -> loss.computeScore(column(1, 0), column(1), IDENTITY, null, true));
        assertThrows(IllegalArgumentException.class, () -> loss.mean(new double[0], new boolean[0]));
        assertThrows(IllegalArgumentException.class, () -> loss.mean(new double[2], new boolean[1]));
    }
}
