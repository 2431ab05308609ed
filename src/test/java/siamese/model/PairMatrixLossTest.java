package siamese.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import siamese.data.LabeledImages;
import siamese.data.Pairs;

class PairMatrixLossTest {

    static double[][] random(int rows, int columns, Random random) {
        double[][] values = new double[rows][columns];
        for (double[] row : values) {
            for (int k = 0; k < columns; k++) {
                row[k] = random.nextGaussian();
            }
        }
        return values;
    }

    /** Weights as of pairs drawn with repetition, the same two images now and then in both orders, and one with itself. */
    private static double[][] weights(int n, Random random) {
        double[][] weights = new double[n][2 * n];
        for (int p = 0; p < 4 * n; p++) {
            weights[random.nextInt(n)][random.nextInt(2 * n)] += 0.01 * (1 + random.nextInt(3));
        }
        weights[1][1] = 0.02;
        weights[1][n + 1] = 0.02;
        return weights;
    }

    private static double[] flat(double[][] weights) {
        return Arrays.stream(weights).flatMapToDouble(Arrays::stream).toArray();
    }

    /** The definition, pair by pair. */
    private static double byDefinition(PairMatrixLoss loss, double[][] e, double[][] weights) {
        int n = e.length;
        ContrastiveLoss pair = new ContrastiveLoss(loss.margin());
        double similar = 0;
        double dissimilar = 0;
        double all = 0;
        double within = 0;
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                double d = loss.distance().of(e[i], e[j]);
                similar += weights[i][j] * pair.of(d, true);
                dissimilar += weights[i][n + j] * pair.of(d, false);
                all += weights[i][n + j];
                within += d < loss.margin() ? weights[i][n + j] : 0;
            }
        }
        return similar + dissimilar * (loss.violatingOnly() ? all / within : 1);
    }

    @Test
    void lossAndGradientAreThoseOfTheDefinition() {
        Random random = new Random(5);
        for (Distance distance : Distance.values()) {
            for (boolean violatingOnly : new boolean[] {false, true}) {
                PairMatrixLoss loss = new PairMatrixLoss(distance, distance == Distance.COSINE ? 0.9 : 2.5, violatingOnly);
                int n = 7;
                double[][] e = random(n, 4, random);
                double[][] weights = weights(n, random);
                PairMatrixLoss.Result result = loss.of(Nd4j.create(e), flat(weights));
                assertEquals(byDefinition(loss, e, weights), result.loss(), 1e-9);
                assertGradient(moved -> byDefinition(loss, moved, weights), e, result, 1e-6, loss.toString());
            }
        }
    }

    /** Against finite differences of the definition, number by number of the embeddings. */
    static void assertGradient(ToDoubleFunction<double[][]> definition, double[][] e, BatchLoss.Result result, double tolerance, String what) {
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
    void agreesWithPyTorch() {
        List<String[]> rows = ContrastiveLossTest.fixture("EUCLIDEAN", "COSINE");
        assertEquals(24, rows.size());
        for (String[] row : rows) {
            double[] similar = ContrastiveLossTest.numbers(row[3]);
            int pairs = similar.length;
            INDArray embeddings = Nd4j.createFromArray(ContrastiveLossTest.numbers(row[2])).reshape(2L * pairs, 5);
            double[] weights = new double[8 * pairs * pairs];
            for (int p = 0; p < pairs; p++) {
                weights[4 * pairs * p + pairs + p + (similar[p] == 1 ? 0 : 2 * pairs)] = 1.0 / pairs;
            }
            PairMatrixLoss loss = new PairMatrixLoss(Distance.valueOf(row[0]), Double.parseDouble(row[1]), false);
            PairMatrixLoss.Result result = loss.of(embeddings, weights);
            assertEquals(Double.parseDouble(row[4]), result.loss(), 1e-12);
            double[] gradient = result.gradient().reshape(10L * pairs).toDoubleVector();
            assertArrayEquals(ContrastiveLossTest.numbers(row[5]), gradient, 1e-10, row[0] + ", margin " + row[1]);
        }
    }

    @Test
    void aLossWorkedOutByHand() {
        double[] weights = {0, 1, 0, 3, 0, 0, 0, 0}; // 1·D² + 3·(2 − D)²
        INDArray apart = Nd4j.createFromArray(new double[][] {{0, 0}, {0, 1.5}});
        PairMatrixLoss.Result result = new PairMatrixLoss(Distance.EUCLIDEAN, 2, false).of(apart, weights);
        assertEquals(1.5 * 1.5 + 3 * 0.25, result.loss(), 1e-12);
        assertArrayEquals(new double[] {0, 0, 0, 2 * 1.5 - 6 * 0.5}, result.gradient().reshape(4).toDoubleVector(), 1e-12);
        assertThrows(IllegalArgumentException.class, () -> new PairMatrixLoss(Distance.EUCLIDEAN, 0, false));
        assertThrows(NullPointerException.class, () -> new PairMatrixLoss(null, 1, false));
    }

    /** Nearer than 1e-4 a dissimilar pair is not pushed apart; a little farther it is, with all its force. */
    @Test
    void theForceBetweenDissimilarPairsEndsNearZero() {
        double[] dissimilar = {0, 0, 0, 1, 0, 0, 0, 0};
        PairMatrixLoss loss = new PairMatrixLoss(Distance.EUCLIDEAN, 1, false);
        for (double d : new double[] {0.9e-4, 1.1e-4}) {
            INDArray gradient = loss.of(Nd4j.createFromArray(new double[][] {{0}, {d}}), dissimilar).gradient();
            assertEquals(d < 1e-4 ? 0 : -2 * (1 - d), gradient.getDouble(1), 1e-6);
        }
    }

    @Test
    void distancesAreThoseOfTheirDefinitions() {
        assertEquals(5, Distance.EUCLIDEAN.of(new double[] {1, 2}, new double[] {4, 6}), 1e-12);
        assertEquals(1 - 0.6, Distance.COSINE.of(new double[] {2, 0}, new double[] {0.3, 0.4}), 1e-12);
        assertEquals(1, Distance.COSINE.of(new double[] {2, 0}, new double[] {0, 3}), 1e-12);
        assertEquals(2, Distance.COSINE.of(new double[] {2, 0}, new double[] {-1, 0}), 1e-12);
        assertEquals(0.5, Distance.COSINE.of(new double[] {0, 0}, new double[] {-1, 0}), 1e-12, "no direction");
    }

    @Test
    void identicalEmbeddingsHaveAFiniteGradient() {
        INDArray same = Nd4j.ones(3, 4).castTo(DataType.DOUBLE);
        for (Distance distance : Distance.values()) {
            for (INDArray e : new INDArray[] {same, same.mul(0)}) {
                double[] weights = new double[18];
                Arrays.fill(weights, 1);
                INDArray gradient = new PairMatrixLoss(distance, 1, true).of(e, weights).gradient();
                assertEquals(0, gradient.norm2Number().doubleValue(), 1e-12);
            }
        }
    }

    @Tag("slow")
    @Test
    void onePassOverEachPictureLearnsAsBothBranchesDo() {
        LabeledImages bars = SiameseNetworkTest.bars(4, 65, 1);
        Pairs pairs = Pairs.create(bars, 1);
        for (SiameseNetwork.Options options : new SiameseNetwork.Options[] {SiameseNetwork.Options.overview(3), SiameseNetwork.Options.cosine(3)}) {
            SiameseNetwork twice = new SiameseNetwork(options);
            SiameseNetwork once = new SiameseNetwork(options);
            History first = twice.fit(pairs, pairs, 1, 32);
            History second = once.fitEmbeddingOnce(pairs, pairs, 1, 32, 1);
            assertEquals(first.epochs().get(0).trainLoss(), second.epochs().get(0).trainLoss(), 1e-3);
            assertEquals(first.epochs().get(0).testLoss(), second.epochs().get(0).testLoss(), 1e-3);
        }
    }

    @Test
    void blocksHoldEveryPairOnceAndShareTheirPictures() {
        Pairs pairs = Pairs.create(SiameseNetworkTest.bars(4, 65, 1), 1);
        Batches blocks = new Batches.OfBlocks(pairs, 64, 16, new Random(1));
        blocks.startEpoch();
        long seen = 0;
        long pictures = 0;
        double weight = 0;
        for (int b = 0; b < blocks.count(); b++) {
            Batches.Batch batch = blocks.get(b);
            seen += batch.pairs();
            pictures += batch.pictures().size(0);
            weight += DoubleStream.of(batch.weights()).sum() * batch.pairs();
        }
        assertEquals(pairs.size(), seen);
        assertEquals(pairs.size(), weight, 1e-3);
        assertTrue(pictures < 1.2 * pairs.size(), pictures + " pictures for " + pairs.size() + " pairs instead of twice as many");
    }

    @Test
    void neighboursTogetherNeedTheFewestPictures() {
        Pairs pairs = Pairs.create(SiameseNetworkTest.bars(4, 65, 1), 1);
        Batches blocks = new Batches.OfBlocks(pairs.neighboursTogether(), 64, 64, new Random(1));
        blocks.startEpoch();
        for (int b = 0; b < blocks.count(); b++) {
            Batches.Batch batch = blocks.get(b);
            assertTrue(batch.pictures().size(0) <= 4 * (batch.pairs() / 8 + 2), batch.pictures().size(0) + " pictures");
        }
    }

    @Test
    void batchesOfClassesAreBalanced() {
        LabeledImages bars = SiameseNetworkTest.bars(4, 65, 1);
        Batches batches = new Batches.OfClasses(bars, new AllPairs(1, 3, 5, 1e-3, 2), new Random(1));
        assertEquals(Math.round(260 / 15.0), batches.count());
        Batches.Batch batch = batches.get(0);
        assertArrayEquals(new long[] {15, 1, 28, 28}, batch.pictures().shape());
        assertEquals(105, batch.pairs());
        double[] weights = batch.weights();
        double similar = 0;
        double dissimilar = 0;
        for (int i = 0; i < 15; i++) {
            for (int j = 0; j < 15; j++) {
                similar += weights[30 * i + j];
                dissimilar += weights[30 * i + 15 + j];
                assertEquals(i / 5 == j / 5 && i < j, weights[30 * i + j] > 0);
                assertEquals(i / 5 != j / 5 && i < j, weights[30 * i + 15 + j] > 0);
            }
        }
        assertEquals(0.5, similar, 1e-6);
        assertEquals(0.5, dissimilar, 1e-6);
    }

    @Tag("slow")
    @Test
    void allPairsLearnToTellBarsApart() {
        LabeledImages bars = SiameseNetworkTest.bars(4, 65, 1);
        Pairs pairs = Pairs.create(bars, 1);
        SiameseNetwork network = new SiameseNetwork(SiameseNetwork.Options.overview(1));
        History history = network.fit(bars, pairs, new AllPairs(4, 4, 8, 4e-3, 1));
        assertEquals(4, history.epochs().size());
        assertTrue(history.epochs().get(3).testLoss() < 0.02, history.toString());
    }

    @Test
    void theLearningRateRisesAndFalls() {
        OneCycle rate = new OneCycle(0.1, 1000);
        assertEquals(0.004, rate.valueAt(0, 0), 1e-4);
        assertEquals(0.1, rate.valueAt(300, 0), 1e-4);
        assertEquals(0.05, rate.valueAt(650, 0), 1e-3);
        assertEquals(0, rate.valueAt(999, 0), 1e-4);
    }

    @Tag("slow")
    @Test
    void aTrainedNetworkIsTrainedOnce(@TempDir Path models) throws IOException {
        LabeledImages bars = SiameseNetworkTest.bars(3, 20, 1);
        AllPairs recipe = new AllPairs(1, 3, 4, 1e-3, 0);
        int[] trainings = new int[1];
        TrainingListener counter = new TrainingListener() {
            @Override
            public void onStart(String source, int epochs, int batches) {
                trainings[0]++;
            }
        };
        SiameseNetwork.Options options = SiameseNetwork.Options.overview(1);
        double[] first = SiameseNetwork.trained(models, bars, options, recipe, counter).embed(bars, 5)[0];
        assertArrayEquals(first, SiameseNetwork.trained(models, bars, options, recipe, counter).embed(bars, 5)[0]);
        assertEquals(1, trainings[0]);
        Path file;
        try (Stream<Path> list = Files.list(models)) {
            file = list.toList().get(0);
        }
        Files.writeString(file, "damaged");
        SiameseNetwork.trained(models, bars, options, recipe, counter);
        assertEquals(2, trainings[0], "a damaged file is replaced");
        SiameseNetwork.trained(models, bars, SiameseNetwork.Options.overview(2), recipe, counter);
        SiameseNetwork.trained(models, bars, options, new AllPairs(1, 3, 4, 1e-3, 1), counter);
        SiameseNetwork.trained(models, SiameseNetworkTest.bars(3, 20, 2), options, recipe, counter);
        assertEquals(5, trainings[0], "another seed, recipe or data is another network");
        SiameseNetwork.trained(models, bars, options, recipe, counter);
        assertEquals(5, trainings[0]);
    }

    @Test
    void badRecipesAreNamed() {
        assertThrows(IllegalArgumentException.class, () -> new AllPairs(0, 10, 12, 1e-3, 0));
        assertThrows(IllegalArgumentException.class, () -> new AllPairs(1, 1, 12, 1e-3, 0));
        assertThrows(IllegalArgumentException.class, () -> new AllPairs(1, 10, 1, 1e-3, 0));
        assertThrows(IllegalArgumentException.class, () -> new AllPairs(1, 10, 12, 0, 0));
        assertThrows(IllegalArgumentException.class, () -> new AllPairs(1, 10, 12, 1e-3, 5));
        LabeledImages oneClass = new LabeledImages("one", 28, 28, 2, new byte[3 * 784], new int[3]);
        assertTrue(assertThrows(IllegalArgumentException.class, () -> SiameseNetwork.overview(1).fit(oneClass, null, AllPairs.recommended(1)))
                .getMessage().contains("at least two classes"));
    }
}
