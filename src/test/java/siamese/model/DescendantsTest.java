package siamese.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import siamese.Campaign;

/** The losses of chapter 14 against PyTorch Metric Learning, finite differences and numbers worked out by hand. */
class DescendantsTest {

    private static final int[] LABELS = {0, 0, 1, 1, 1, 2, 3, 3}; // class 2 has nobody to be near to

    private static INDArray random(int rows, int columns, long seed) {
        Random random = new Random(seed);
        return Nd4j.createFromArray(random.doubles((long) rows * columns, -1, 1).toArray()).reshape(rows, columns);
    }

    private static List<Loss> all(int dimensions) {
        return List.of(new InfoNceLoss(0.07), new InfoNceLoss(1), new MultiSimilarityLoss(2, 50, 0.5, 0.1),
                new MultiSimilarityLoss(2, 10, 0.5, 3), new ArcFaceLoss(4, dimensions, 16, 0.3, 1),
                new ArcFaceLoss(6, dimensions, 4, 1.5, 2), new WeightedL1(dimensions, 0.7, 1));
    }

    private static Distance distance(Loss loss) {
        return loss instanceof WeightedL1 both ? both : Distance.COSINE;
    }

    private static Loss made(String kind, double[] v) {
        return switch (kind) {
            case "INFO_NCE" -> new InfoNceLoss(v[0]);
            case "MULTI_SIMILARITY" -> new MultiSimilarityLoss(v[0], v[1], v[2], v[3]);
            case "ARC_FACE" -> new ArcFaceLoss(3, 5, v[0], v[1], 1);
            default -> new WeightedL1(5, 1, 1);
        };
    }

    @Test
    void theyAgreeWithPyTorchMetricLearning() throws IOException {
        Map<String, Integer> seen = new HashMap<>();
        try (InputStream in = DescendantsTest.class.getResourceAsStream("descendants.csv")) {
            for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().skip(1).toList()) {
                String[] row = line.split(";", -1);
                seen.merge(row[0], 1, Integer::sum);
                Loss loss = made(row[0], row[1].isEmpty() ? new double[0] : ContrastiveLossTest.numbers(row[1]));
                if (loss.parameters() != null) {
                    loss.parameters().assign(Nd4j.createFromArray(ContrastiveLossTest.numbers(row[6]))
                            .reshape(loss.parameters().shape()));
                }
                int[] labels = Arrays.stream(ContrastiveLossTest.numbers(row[3])).mapToInt(l -> (int) l).toArray();
                INDArray e = Nd4j.createFromArray(ContrastiveLossTest.numbers(row[2])).reshape(labels.length, 5);
                Loss.Result result = loss.of(e, Batches.allPairs(labels, distance(loss)));
                String what = row[0] + " " + row[1] + ", " + labels.length;
                assertEquals(Double.parseDouble(row[4]), result.loss(), 1e-6 * (1 + result.loss()), what);
                assertNear(row[5], result.gradient(), what);
                if (loss.parameters() != null) {
                    assertNear(row[7], result.ofParameters(), what + ", parameters");
                }
            }
        }
        assertEquals(Map.of("INFO_NCE", 9, "MULTI_SIMILARITY", 9, "ARC_FACE", 9, "WEIGHTED_L1", 6), seen);
    }

    private static void assertNear(String expected, INDArray found, String what) {
        double[] numbers = ContrastiveLossTest.numbers(expected);
        double most = Arrays.stream(numbers).map(Math::abs).max().orElseThrow();
        assertTrue(most > 0, what);
        assertArrayEquals(numbers, found.dup('c').data().asDouble(), 1e-6 * most, what);
    }

    @Test
    void theyAgreeWithFiniteDifferences() {
        for (int dimensions : new int[] {2, 5}) {
            for (Loss loss : all(dimensions)) {
                Loss.Check check = Loss.check(loss, distance(loss), dimensions, 3);
                assertTrue(check.agrees(), loss + ", " + dimensions + ": " + check);
            }
        }
        for (Loss loss : List.of(new InfoNceLoss(0.5), new MultiSimilarityLoss(2, 5, 0.5, 1))) {
            Loss.Check check = Loss.check(loss, Distance.EUCLIDEAN, 4, 3);
            assertTrue(check.agrees(), loss + ", Euclidean: " + check);
        }
    }

    @Test
    void inFloatTheyAreTheSameAndLeaveTheEmbeddingsAlone() {
        INDArray e = random(8, 6, 8);
        INDArray before = e.dup();
        for (Loss loss : all(6)) {
            Loss.Batch batch = Batches.allPairs(LABELS, distance(loss));
            Loss.Result exact = loss.of(e, batch);
            Loss.Result single = loss.of(e.castTo(DataType.FLOAT), batch);
            assertEquals(before, e, loss.toString());
            assertEquals(DataType.FLOAT, single.gradient().dataType(), loss.toString());
            double off = exact.gradient().sub(single.gradient().castTo(DataType.DOUBLE)).norm2Number().doubleValue();
            assertTrue(off < 1e-4 * exact.gradient().norm2Number().doubleValue(), loss + ": " + off);
        }
    }

    /** Identical embeddings, opposite ones and none of one class: every number stays one. */
    @Test
    void nothingOverflows() {
        for (INDArray e : List.of(Nd4j.ones(DataType.DOUBLE, 8, 4), Nd4j.zeros(DataType.DOUBLE, 8, 4),
                random(8, 4, 1).mul(1e4))) {
            for (Loss loss : List.of(new InfoNceLoss(1e-3), new MultiSimilarityLoss(2e3, 5e3, 0.5, 0.1),
                    new ArcFaceLoss(4, 4, 1e3, 0.5, 1), new WeightedL1(4, 3, 1))) {
                for (int[] labels : List.of(LABELS, new int[8], IntStream.range(0, 8).map(i -> i / 2).toArray())) {
                    Loss.Result result = loss.of(e, Batches.allPairs(labels, distance(loss)));
                    assertTrue(Double.isFinite(result.loss())
                            && Double.isFinite(result.gradient().sumNumber().doubleValue()), loss + " of " + e);
                }
            }
        }
    }

    /** With two examples a class InfoNCE and the supervised contrastive loss ask the same question. */
    @Test
    void ofTwoViewsEachInfoNceIsSupervisedContrastive() {
        Loss.Batch batch = Batches.allPairs(IntStream.range(0, 8).map(i -> i / 2).toArray(), Distance.COSINE);
        INDArray e = random(8, 5, 2);
        Loss.Result one = new InfoNceLoss(0.3).of(e, batch);
        Loss.Result other = new SupervisedContrastiveLoss(0.3).of(e, batch);
        assertEquals(other.loss(), one.loss(), 1e-7);
        assertTrue(other.gradient().equalsWithEps(one.gradient(), 1e-7));
    }

    /** On a line, with D as it is: a at 0, its positive at 1, a negative at 3. */
    @Test
    void infoNceWorkedOutByHand() {
        INDArray e = Nd4j.createFromArray(0.0, 1, 3).reshape(3, 1);
        double expected = (Math.log(1 + Math.exp(1 - 3)) + Math.log(1 + Math.exp(1 - 2))) / 2;
        assertEquals(expected, new InfoNceLoss(1).of(e, Batches.allPairs(new int[] {0, 0, 1}, Distance.EUCLIDEAN))
                .loss(), 1e-9);
    }

    @Test
    void aPositiveInOrderDoesNotCount() {
        INDArray e = Nd4j.createFromArray(new double[][] {{1, 0}, {1, 0.1}, {-1, 0}, {-1, 0.1}});
        Loss.Result result = new MultiSimilarityLoss(2, 50, 0.5, 0.1)
                .of(e, Batches.allPairs(new int[] {0, 0, 1, 1}, Distance.COSINE));
        assertEquals(0, result.loss());
        assertEquals(0, result.gradient().norm2Number().doubleValue());
        assertTrue(new MultiSimilarityLoss(2, 50, 0.5, 3).of(e, Batches.allPairs(new int[] {0, 0, 1, 1},
                Distance.COSINE)).loss() > 0);
    }

    /** The distance that is learned is the same, by pairs and by matrix, and its slope is that of its values. */
    @Test
    void theLearnedDistanceIsThatOfItsDefinition() {
        WeightedL1 distance = new WeightedL1(3, 1, 0);
        distance.parameters().assign(Nd4j.createFromArray(1, -2, 0.5, 7));
        double[] a = {1, 2, 3};
        double[] b = {0, 4, 3.5};
        assertEquals(1 * 1 + 4 * 2 + 0.25 * 0.5, distance.of(a, b), 1e-12);
        assertArrayEquals(new double[] {1, -4, -0.25}, distance.slope(a, b), 1e-12);
        assertEquals(distance.of(a, b), distance.matrix(Nd4j.createFromArray(new double[][] {a, b}))[1], 1e-12);
    }

    @Test
    void theirNamesLast() {
        for (Loss loss : all(3)) {
            String name = loss.toString();
            if (loss.parameters() != null) {
                loss.parameters().addi(1);
            }
            assertEquals(name, loss.toString());
            assertFalse(name.contains("@"), name);
        }
    }

    @Test
    void badArgumentsAreNamed() {
        for (double wrong : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY}) {
            assertTrue(refused(() -> new InfoNceLoss(wrong)).startsWith("temperature must be greater than 0, but is "));
            assertTrue(refused(() -> new MultiSimilarityLoss(wrong, 1, 0, 0)).startsWith("alpha and beta must be "));
            assertTrue(refused(() -> new MultiSimilarityLoss(1, wrong, 0, 0)).startsWith("alpha and beta must be "));
            assertTrue(refused(() -> new ArcFaceLoss(2, 1, wrong, 0, 1)).startsWith("ArcFace needs at least 2 "));
            assertTrue(refused(() -> new WeightedL1(2, wrong, 1)).startsWith("dimensions must be at least 1 and "));
        }
        refused(() -> new MultiSimilarityLoss(1, 1, Double.NaN, 0));
        refused(() -> new ArcFaceLoss(1, 1, 8, 0, 1));
        refused(() -> new ArcFaceLoss(2, 0, 8, 0, 1));
        refused(() -> new ArcFaceLoss(2, 1, 8, 1.6, 1));
        refused(() -> new WeightedL1(0, 1, 1));
        refused(() -> new WeightedL1(1, 1, Double.NaN));
        String said = refused(() -> new ArcFaceLoss(3, 4, 8, 0.3, 1).of(random(8, 4, 1),
                Batches.allPairs(LABELS, Distance.COSINE)));
        assertTrue(said.startsWith("An example is of class 3, but this loss has 3 classes"), said);
    }

    private static String refused(Callable<?> what) {
        String said = Campaign.refusal(what, IllegalArgumentException.class);
        assertNotNull(said);
        return said;
    }
}
