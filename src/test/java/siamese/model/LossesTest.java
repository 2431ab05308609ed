package siamese.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import siamese.Campaign;
import siamese.model.Loss.Batch;

/** The built-in losses and distances against their definitions, finite differences, PyTorch and numbers worked out by hand. */
class LossesTest {

    private static final List<Distance> DISTANCES = List.of(Distance.EUCLIDEAN, Distance.COSINE);
    private static final int[] LABELS = {0, 0, 1, 1, 1, 2, 3, 3}; // class 2 has nobody to be near to

    private static List<Loss> builtIn() {
        List<Loss> losses = new ArrayList<>(List.of(new ContrastiveLoss(0.9), new ContrastiveLoss(1.7, true),
                new SupervisedContrastiveLoss(0.05), new SupervisedContrastiveLoss(1)));
        for (TripletLoss.Mining mining : TripletLoss.Mining.values()) {
            losses.add(new TripletLoss(0.3, mining));
        }
        return losses;
    }

    private static double[][] random(int rows, int columns, Random random) {
        double[][] values = new double[rows][columns];
        for (double[] row : values) {
            Arrays.setAll(row, k -> random.nextGaussian());
        }
        return values;
    }

    /** Pairs drawn with repetition, the same two examples now and then in both orders, and one with itself. */
    private static Batch pairs(int n, Distance distance, Random random) {
        int size = 4 * n + 2;
        int[] first = random.ints(size, 0, n).toArray();
        int[] second = random.ints(size, 0, n).toArray();
        boolean[] similar = new boolean[size];
        double[] weights = random.ints(size, 1, 4).mapToDouble(w -> 0.01 * w).toArray();
        for (int p = 0; p < size; p++) {
            similar[p] = random.nextBoolean();
        }
        first[size - 2] = first[size - 1] = second[size - 2] = second[size - 1] = 1;
        similar[size - 1] = !similar[size - 2];
        return new Batch(new int[n], first, second, similar, weights, distance);
    }

    /** One pair of two examples. */
    private static Batch one(Distance distance, boolean similar, double weight) {
        return new Batch(new int[] {0, similar ? 0 : 1}, new int[] {0}, new int[] {1}, new boolean[] {similar},
                new double[] {weight}, distance);
    }

    /** The definition, pair by pair. */
    private static double contrastive(double margin, boolean violatingOnly, double[][] e, Batch batch) {
        ContrastiveLoss pair = new ContrastiveLoss(margin);
        double similar = 0;
        double dissimilar = 0;
        double all = 0;
        double within = 0;
        for (int p = 0; p < batch.size(); p++) {
            double d = batch.distance().of(e[batch.first()[p]], e[batch.second()[p]]);
            double w = batch.weights()[p];
            similar += batch.similar()[p] ? w * pair.of(d, true) : 0;
            dissimilar += batch.similar()[p] ? 0 : w * pair.of(d, false);
            all += batch.similar()[p] ? 0 : w;
            within += batch.similar()[p] || d >= margin ? 0 : w;
        }
        return similar + dissimilar * (violatingOnly ? all / within : 1);
    }

    /** Against finite differences of the definition, number by number of the embeddings. */
    private static void assertGradient(ToDoubleFunction<double[][]> definition, double[][] e, Loss.Result result,
            double tolerance, String what) {
        double[][] gradient = result.gradient().toDoubleMatrix();
        double h = 1e-6;
        for (int i = 0; i < e.length; i++) {
            for (int k = 0; k < e[i].length; k++) {
                double here = e[i][k];
                e[i][k] = here + h;
                double up = definition.applyAsDouble(e);
                e[i][k] = here - h;
                double down = definition.applyAsDouble(e);
                e[i][k] = here;
                assertEquals((up - down) / (2 * h), gradient[i][k], tolerance, what + " at " + i + ", " + k);
            }
        }
    }

    @Test
    void theContrastiveLossOfAnyPairsIsThatOfItsDefinition() {
        Random random = new Random(5);
        for (Distance distance : DISTANCES) {
            for (boolean violatingOnly : new boolean[] {false, true}) {
                double margin = distance == Distance.COSINE ? 0.9 : 2.5;
                double[][] e = random(7, 4, random);
                Batch batch = pairs(7, distance, random);
                Loss.Result result = new ContrastiveLoss(margin, violatingOnly).of(Nd4j.create(e), batch);
                assertEquals(contrastive(margin, violatingOnly, e, batch), result.loss(), 1e-9);
                assertGradient(moved -> contrastive(margin, violatingOnly, moved, batch), e, result, 1e-6,
                        distance + ", violating only: " + violatingOnly);
            }
        }
    }

    /** The paper's formula, term by term. */
    private static double supervised(double[][] e, double temperature) {
        double loss = 0;
        for (int i = 0; i < e.length; i++) {
            int own = i;
            long similar = Arrays.stream(LABELS).filter(l -> l == LABELS[own]).count() - 1;
            double all = 0;
            for (int k = 0; k < e.length; k++) {
                all += k == i ? 0 : Math.exp((1 - Distance.COSINE.of(e[i], e[k])) / temperature);
            }
            for (int j = 0; j < e.length; j++) {
                if (j != i && LABELS[j] == LABELS[i]) {
                    double power = Math.exp((1 - Distance.COSINE.of(e[i], e[j])) / temperature);
                    loss -= Math.log(power / all) / similar / e.length;
                }
            }
        }
        return loss;
    }

    @Test
    void theSupervisedContrastiveLossIsThatOfThePaper() {
        Random random = new Random(4);
        Batch batch = Batches.allPairs(LABELS, Distance.COSINE);
        for (double temperature : new double[] {0.05, 0.1, 1, 20}) {
            double[][] e = random(LABELS.length, 4, random);
            Loss.Result result = new SupervisedContrastiveLoss(temperature).of(Nd4j.create(e), batch);
            assertEquals(supervised(e, temperature), result.loss(), 1e-9);
            assertGradient(moved -> supervised(moved, temperature), e, result, 1e-6 / temperature,
                    "temperature " + temperature);
        }
    }

    @Test
    void allLossesAgreeWithFiniteDifferencesForBothDistances() {
        for (Loss loss : builtIn()) {
            for (Distance distance : DISTANCES) {
                for (int dimensions : new int[] {1, 2, 5, Campaign.size(32, 32)}) { // few for mutants
                    Loss.Check check = Loss.check(loss, distance, dimensions, 3);
                    assertTrue(check.agrees(), loss + ", " + distance + ", " + dimensions + ": " + check);
                    assertTrue(check.toString().startsWith("The gradient agrees"), check.toString());
                }
            }
        }
    }

    /** On single-precision numbers, as in training, the same within what these resolve. */
    @Test
    void inFloatTheyAreTheSame() {
        INDArray e = Nd4j.create(random(12, 6, new Random(8)));
        for (Loss loss : builtIn()) {
            for (Distance distance : DISTANCES) {
                Batch batch = Batches.allPairs(IntStream.range(0, 12).map(i -> i % 3).toArray(), distance);
                Loss.Result exact = loss.of(e, batch);
                Loss.Result single = loss.of(e.castTo(DataType.FLOAT), batch);
                assertEquals(DataType.FLOAT, single.gradient().dataType());
                assertEquals(exact.loss(), single.loss(), 1e-5 * (1 + exact.loss()), loss + ", " + distance);
                double scale = exact.gradient().norm2Number().doubleValue();
                double off = exact.gradient().sub(single.gradient().castTo(DataType.DOUBLE)).norm2Number().doubleValue();
                assertTrue(off < 1e-5 * scale, loss + ", " + distance + ": " + off / scale);
            }
        }
    }

    /** Losses read their batch; what they are given stays as it is. */
    @Test
    void embeddingsAreNotChanged() {
        INDArray e = Nd4j.create(random(8, 3, new Random(1)));
        INDArray before = e.dup();
        for (Loss loss : builtIn()) {
            DISTANCES.forEach(distance -> loss.of(e, Batches.allPairs(LABELS, distance)));
            assertEquals(before, e, loss.toString());
        }
    }

    @Test
    void pairLossesAgreeWithPyTorch() {
        List<String[]> rows = ContrastiveLossTest.fixture("EUCLIDEAN", "COSINE");
        assertEquals(24, rows.size());
        for (String[] row : rows) {
            double[] similar = ContrastiveLossTest.numbers(row[3]);
            int n = similar.length;
            boolean[] same = new boolean[n];
            IntStream.range(0, n).forEach(p -> same[p] = similar[p] == 1);
            double[] weights = new double[n];
            Arrays.fill(weights, 1.0 / n);
            Batch batch = new Batch(new int[2 * n], IntStream.range(0, n).toArray(), IntStream.range(n, 2 * n).toArray(),
                    same, weights, row[0].equals("COSINE") ? Distance.COSINE : Distance.EUCLIDEAN);
            assertAgrees(row, new ContrastiveLoss(Double.parseDouble(row[1])), batch);
        }
    }

    @Test
    void theSupervisedContrastiveLossAgreesWithPyTorch() {
        List<String[]> rows = ContrastiveLossTest.fixture("SUPERVISED");
        assertEquals(9, rows.size());
        for (String[] row : rows) {
            assertAgrees(row, new SupervisedContrastiveLoss(Double.parseDouble(row[1])),
                    Batches.allPairs(labels(row), Distance.COSINE));
        }
    }

    @ParameterizedTest
    @EnumSource(TripletLoss.Mining.class)
    void tripletLossesAgreeWithPyTorch(TripletLoss.Mining mining) {
        for (Distance distance : DISTANCES) {
            List<String[]> rows = ContrastiveLossTest.fixture("TRIPLET " + mining + " "
                    + (distance == Distance.COSINE ? "COSINE" : "EUCLIDEAN"));
            assertEquals(3, rows.size());
            for (String[] row : rows) {
                assertAgrees(row, new TripletLoss(Double.parseDouble(row[1]), mining),
                        Batches.allPairs(labels(row), distance));
            }
        }
    }

    private static int[] labels(String[] row) {
        return Arrays.stream(ContrastiveLossTest.numbers(row[3])).mapToInt(l -> (int) l).toArray();
    }

    private static void assertAgrees(String[] row, Loss loss, Batch batch) {
        long n = batch.labels().length;
        INDArray embeddings = Nd4j.createFromArray(ContrastiveLossTest.numbers(row[2])).reshape(n, 5);
        Loss.Result result = loss.of(embeddings, batch);
        assertEquals(Double.parseDouble(row[4]), result.loss(), 1e-10, loss.toString());
        assertArrayEquals(ContrastiveLossTest.numbers(row[5]), result.gradient().reshape(5 * n).toDoubleVector(), 1e-9,
                loss + ", " + batch.distance());
    }

    @Test
    void aContrastiveLossWorkedOutByHand() {
        INDArray apart = Nd4j.createFromArray(new double[][] {{0, 0}, {0, 1.5}});
        Batch batch = new Batch(new int[2], new int[] {0, 1}, new int[] {1, 0}, new boolean[] {true, false},
                new double[] {1, 3}, Distance.EUCLIDEAN); // 1·D² + 3·(2 − D)²
        Loss.Result result = new ContrastiveLoss(2).of(apart, batch);
        assertEquals(1.5 * 1.5 + 3 * 0.25, result.loss(), 1e-12);
        assertArrayEquals(new double[] {0, -2 * 1.5 + 6 * 0.5, 0, 2 * 1.5 - 6 * 0.5},
                result.gradient().reshape(4).toDoubleVector(), 1e-12);
    }

    /** Two examples of one class at a right angle, a third one in the middle: each of the first two prefers the third. */
    @Test
    void aSupervisedContrastiveLossWorkedOutByHand() {
        INDArray e = Nd4j.createFromArray(new double[][] {{2, 0}, {0, 1}, {3, 3}});
        double expected = 2.0 / 3 * Math.log(1 + Math.exp(Math.sqrt(0.5) / 0.5)); // −log(e⁰ / (e⁰ + e^(cos 45°/τ))), twice of three
        assertEquals(expected, new SupervisedContrastiveLoss(0.5)
                .of(e, Batches.allPairs(new int[] {7, 7, 1}, Distance.COSINE)).loss(), 1e-12);
    }

    /** On a line: a class at 0 and 1, another at 1.5 and 4. Margin 1. */
    @Test
    void tripletLossesWorkedOutByHand() {
        INDArray e = Nd4j.createFromArray(0, 1, 1.5, 4).reshape(4, 1);
        Batch batch = Batches.allPairs(new int[] {0, 0, 1, 1}, Distance.EUCLIDEAN);
        // anchor, positive, negative: 1 + D(a, p) − D(a, n)
        double all = 0.5 + 1.5 + 2 + 3 + 0.5; // (0, 1, 1.5); (1, 0, 1.5); (1.5, 4, 0) and (1.5, 4, 1); (4, 1.5, 1)
        assertEquals(all / 5, new TripletLoss(1, TripletLoss.Mining.ALL).of(e, batch).loss(), 1e-12);
        assertEquals((0.5 + 1.5 + 3 + 0.5) / 4, new TripletLoss(1, TripletLoss.Mining.HARD).of(e, batch).loss(), 1e-12);
        // of 1 none beyond its positive but that at 4; of 1.5 none at all, so the farthest counts
        assertEquals((0.5 + 0 + 2 + 0.5) / 4, new TripletLoss(1, TripletLoss.Mining.SEMI_HARD).of(e, batch).loss(), 1e-12);
    }

    /** Nearer than 1e-4 a dissimilar pair is not pushed apart; a little farther it is, with all its force. */
    @Test
    void theForceBetweenDissimilarPairsEndsNearZero() {
        for (double d : new double[] {0.9e-4, 1.1e-4}) {
            INDArray gradient = new ContrastiveLoss(1).of(Nd4j.createFromArray(new double[][] {{0}, {d}}),
                    one(Distance.EUCLIDEAN, false, 1)).gradient();
            assertEquals(d < 1e-4 ? 0 : -2 * (1 - d), gradient.getDouble(1), 1e-6);
        }
    }

    @Test
    void identicalEmbeddingsHaveAFiniteGradient() {
        INDArray same = Nd4j.ones(DataType.DOUBLE, 8, 4);
        for (Loss loss : builtIn()) {
            for (Distance distance : DISTANCES) {
                for (INDArray e : new INDArray[] {same, same.mul(0)}) {
                    Loss.Result result = loss.of(e, Batches.allPairs(LABELS, distance));
                    assertEquals(0, result.gradient().norm2Number().doubleValue(), 1e-12, loss + ", " + distance);
                    assertTrue(Double.isFinite(result.loss()));
                }
            }
        }
    }

    @Test
    void nothingOverflowsAndNothingWithoutDirectionIsPulled() {
        INDArray e = Nd4j.createFromArray(new double[][] {{1, 0}, {-1, 0}, {0, 1}, {0, 0}});
        Loss.Result result = new SupervisedContrastiveLoss(1e-4)
                .of(e, Batches.allPairs(new int[] {0, 0, 1, 1}, Distance.COSINE));
        assertTrue(result.loss() > 1000 && Double.isFinite(result.loss()), result.loss() + "");
        assertTrue(Double.isFinite(result.gradient().sumNumber().doubleValue()));
        Loss.Result lonely = new SupervisedContrastiveLoss(0.1)
                .of(e, Batches.allPairs(new int[] {0, 1, 2, 3}, Distance.COSINE));
        assertEquals(0, lonely.loss());
        assertEquals(0, lonely.gradient().norm2Number().doubleValue());
    }

    @Test
    void distancesAreThoseOfTheirDefinitions() {
        assertEquals(5, Distance.EUCLIDEAN.of(new double[] {1, 2}, new double[] {4, 6}), 1e-12);
        assertEquals(1 - 0.6, Distance.COSINE.of(new double[] {2, 0}, new double[] {0.3, 0.4}), 1e-12);
        assertEquals(1, Distance.COSINE.of(new double[] {2, 0}, new double[] {0, 3}), 1e-12);
        assertEquals(2, Distance.COSINE.of(new double[] {2, 0}, new double[] {-1, 0}), 1e-12);
        assertEquals(0.5, Distance.COSINE.of(new double[] {0, 0}, new double[] {-1, 0}), 1e-12, "no direction");
        assertEquals("Euclidean", Distance.EUCLIDEAN.toString());
        assertEquals("cosine", Distance.COSINE.toString());
    }

    /** A distance's fast way over a whole batch is its definition, pair by pair, which any distance of one's own has. */
    @Test
    void matricesAndGradientsAreThoseOfTheirPairs() {
        Random random = new Random(3);
        for (Distance distance : DISTANCES) {
            Distance plain = new Distance() {
                @Override
                public double of(double[] a, double[] b) {
                    return distance.of(a, b);
                }

                @Override
                public double[] slope(double[] a, double[] b) {
                    return distance.slope(a, b);
                }
            };
            INDArray e = Nd4j.create(random(6, 5, random));
            assertArrayEquals(plain.matrix(e), distance.matrix(e), 1e-7, distance.toString());
            double[] slopes = random.doubles(36, -1, 1).toArray();
            for (int i = 0; i < 6; i++) {
                slopes[7 * i] = 0; // the distance to oneself has no slope
            }
            double[] claimed = distance.gradient(e, distance.matrix(e), slopes.clone()).reshape(30).toDoubleVector();
            assertArrayEquals(plain.gradient(e, plain.matrix(e), slopes).reshape(30).toDoubleVector(), claimed, 1e-9);
        }
    }

    @Test
    void badArgumentsAreNamed() {
        for (double wrong : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY}) {
            assertTrue(Campaign.refusal(() -> new TripletLoss(wrong, TripletLoss.Mining.ALL), IllegalArgumentException.class)
                    .startsWith("margin must be greater than 0, but is " + wrong));
            assertTrue(Campaign.refusal(() -> new SupervisedContrastiveLoss(wrong), IllegalArgumentException.class)
                    .startsWith("temperature must be greater than 0, but is " + wrong));
        }
        assertThrows(NullPointerException.class, () -> new TripletLoss(1, null));
        INDArray e = Nd4j.create(random(4, 2, new Random(1)));
        for (int[] labels : new int[][] {{0, 0, 0, 0}, {0, 1, 2, 3}}) {
            assertTrue(Campaign.refusal(() -> new TripletLoss(1, TripletLoss.Mining.HARD).of(e, Batches.allPairs(labels,
                    Distance.EUCLIDEAN)), IllegalArgumentException.class).startsWith("The batch has no triplet, "));
        }
        assertTrue(Campaign.refusal(() -> new Batch(new int[3], new int[0], new int[0], new boolean[0], new double[0],
                Distance.COSINE), IllegalArgumentException.class).startsWith("A batch needs a pair at least"));
        assertThrows(IllegalArgumentException.class, () -> new Batch(new int[3], new int[2], new int[1], new boolean[2],
                new double[2], Distance.COSINE));
        assertThrows(NullPointerException.class, () -> new Batch(new int[3], new int[1], new int[1], new boolean[1],
                new double[1], null));
    }

    /** The check finds what the reader got wrong, and where. */
    @Test
    void aWrongGradientIsFoundAndItsPlaceSaid() {
        Loss right = new ContrastiveLoss(1);
        Loss sign = (embeddings, batch) -> {
            Loss.Result result = right.of(embeddings, batch);
            return new Loss.Result(result.loss(), result.gradient().neg());
        };
        Loss factor = (embeddings, batch) -> {
            Loss.Result result = right.of(embeddings, batch);
            return new Loss.Result(2 * result.loss(), result.gradient());
        };
        for (Loss wrong : List.of(sign, factor)) {
            Loss.Check check = Loss.check(wrong, Distance.EUCLIDEAN, 3, 1);
            assertFalse(check.agrees());
            double times = wrong == sign ? -1 : 2;
            assertEquals(times * check.claimed(), check.measured(), 1e-5);
            assertTrue(check.where().matches("row \\d+, component [012] of the embeddings"), check.where());
        }
        Loss.Check check = Loss.check((embeddings, batch) -> {
            Loss.Result result = right.of(embeddings, batch);
            result.gradient().putScalar(7, 2, 0.5);
            return result;
        }, Distance.EUCLIDEAN, 3, 1);
        assertEquals("row 7, component 2 of the embeddings", check.where());
        assertEquals(0.5, check.claimed());
        assertTrue(check.toString().matches("The gradient is wrong at row 7, component 2 of the embeddings: "
                + "it says 0\\.500000, but finite differences say -?0\\.\\d{6}\\."), check.toString());
        Loss.Check none = Loss.check((embeddings, batch) -> {
            Loss.Result result = right.of(embeddings, batch);
            result.gradient().putScalar(2, 1, Double.NaN);
            return result;
        }, Distance.EUCLIDEAN, 3, 1);
        assertFalse(none.agrees());
        assertEquals("row 2, component 1 of the embeddings", none.where());
    }
}
