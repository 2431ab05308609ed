package siamese.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.deeplearning4j.gradientcheck.GradientCheckUtil;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.NoOp;
import siamese.data.LabeledImages;
import siamese.data.Pairs;
import siamese.model.TrainingListener.Progress;

/** The overview's network: what it is, trains, embeds and keeps. */
class SiameseNetworkTest {

    private static final LabeledImages BARS = SomeNetworks.bars(4, 65, 1);
    private static final Pairs PAIRS = Pairs.create(BARS, 1);

    private static Distance distance(boolean cosine) {
        return cosine ? Distance.COSINE : Distance.EUCLIDEAN;
    }

    @Test
    void hasTheOverviewsNumberOfWeights() {
        assertEquals(223_744, SiameseNetwork.overview(1).graph().numParams());
        assertTrue(SiameseNetwork.overview(1).summary().print().contains("223744"));
    }

    @Test
    void convolutionsRunOnOneDnnWhereTheNativeLibraryHasIt() {
        Assumptions.assumeTrue(org.nd4j.nativeblas.Nd4jCpu.hasOneDnn(), "the native library of this platform has no oneDNN");
        assertTrue(OneDnn.isActive(SiameseNetwork.overview(1).graph()));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theGraphSharesTheWeightsAndGivesTheSameDistances(boolean cosine) {
        SiameseNetwork network = SomeNetworks.overview(cosine, 2);
        ComputationGraph graph = network.graph();
        network.fit(PAIRS, null, 1, 64);
        INDArray output = graph.output(BARS.batch(PAIRS.first()), BARS.batch(PAIRS.second()))[0];
        assertArrayEquals(new long[] {PAIRS.size(), 1}, output.shape());
        assertArrayEquals(network.distances(PAIRS), output.toDoubleVector(), 1e-4);
    }

    @Test
    void branchesShareTheirWeights() {
        ComputationGraph graph = SiameseNetwork.overview(3).graph();
        INDArray a = BARS.batch(0, 1, 2);
        INDArray b = BARS.batch(3, 4, 9);
        assertArrayEquals(graph.output(a, b)[0].toDoubleVector(), graph.output(b, a)[0].toDoubleVector(), 1e-6);
        assertArrayEquals(new double[3], graph.output(a, a)[0].toDoubleVector(), 1e-6);
    }

    @Test
    void learnsToTellBarsApart() {
        SiameseNetwork network = SiameseNetwork.overview(1);
        History history = network.fit(PAIRS, PAIRS, 3, 32);
        assertEquals(3, history.epochs().size());
        assertFalse(history.interrupted());
        assertEquals("", history.warning());
        double loss = history.epochs().get(2).testLoss();
        assertTrue(loss < 0.01, history.toString()); // 0.5 if all pictures had one embedding
        assertEquals(loss, new ContrastiveLoss(1).mean(network.distances(PAIRS), PAIRS.similar()), 1e-6);
    }

    @Test
    void sameSeedSameWeights() {
        INDArray[] weights = new INDArray[3];
        for (int k = 0; k < 3; k++) {
            SiameseNetwork network = SiameseNetwork.overview(k == 2 ? 8 : 7);
            network.fit(PAIRS, null, 1, 100);
            weights[k] = network.graph().params();
        }
        assertTrue(weights[0].equalsWithEps(weights[1], 1e-4));
        assertFalse(weights[0].equalsWithEps(weights[2], 1e-2));
    }

    /** On a small relative of the network, since the check turns every weight. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theGraphPassesDeeplearning4jsGradientCheck(boolean cosine) {
        DataType usual = Nd4j.defaultFloatingPointType();
        Nd4j.setDefaultDataTypes(DataType.DOUBLE, DataType.DOUBLE); // the check insists
        try {
            BaseNetwork base = BaseNetwork.of(InputType.convolutional(10, 10, 1),
                    new ConvolutionLayer.Builder(3, 3).nOut(2).activation(Activation.RELU).build(),
                    new SubsamplingLayer.Builder(2, 2).stride(2, 2).build(),
                    new ConvolutionLayer.Builder(3, 3).nOut(3).activation(Activation.RELU).build(),
                    new DenseLayer.Builder().nOut(4).build());
            ComputationGraphConfiguration configuration = new SiameseNetwork(base, distance(cosine), 12_345).graph()
                    .getConfiguration().clone();
            configuration.setDataType(DataType.DOUBLE);
            for (GraphVertex vertex : configuration.getVertices().values()) {
                if (vertex instanceof LayerVertex layer && layer.getLayerConf().getLayer() instanceof BaseLayer own) {
                    own.setIUpdater(new NoOp());
                }
            }
            ComputationGraph graph = new ComputationGraph(configuration);
            graph.init();
            Nd4j.getRandom().setSeed(6);
            INDArray[] inputs = {Nd4j.rand(DataType.DOUBLE, 5, 1, 10, 10), Nd4j.rand(DataType.DOUBLE, 5, 1, 10, 10)};
            INDArray[] labels = {Nd4j.createFromArray(1.0, 0, 0, 1, 0).reshape(5, 1)};
            assertTrue(GradientCheckUtil.checkGradients(new GradientCheckUtil.GraphConfig().net(graph).inputs(inputs)
                    .labels(labels).epsilon(1e-6).maxRelError(1e-4).minAbsoluteError(1e-8)));
        } finally {
            Nd4j.setDefaultDataTypes(usual, usual);
        }
    }

    /** What the library computes itself, against Deeplearning4j with its own Adam, on single-precision numbers. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void stepsAreThoseOfDeeplearning4j(boolean cosine) {
        SiameseNetwork network = SomeNetworks.overview(cosine, 5);
        ComputationGraph graph = new ComputationGraph(network.graph().getConfiguration().clone());
        graph.init(network.graph().params(), true);
        Pairs pairs = new Pairs(BARS, new int[] {0, 7, 40, 81, 33, 7}, new int[] {1, 2, 3, 4, 5, 7},
                new boolean[] {true, false, false, true, false, true});
        INDArray before = graph.params().dup();
        for (int step = 1; step <= 3; step++) {
            double loss = network.fit(pairs, null, 1, 6).epochs().get(0).trainLoss();
            graph.fit(new INDArray[] {BARS.batch(pairs.first()), BARS.batch(pairs.second())},
                    new INDArray[] {Nd4j.createFromArray(1f, 0, 0, 1, 0, 1).reshape(6, 1)});
            assertEquals(graph.score(), loss, 1e-4 * loss, "step " + step);
            double moved = graph.params().sub(before).norm2Number().doubleValue();
            double difference = graph.params().sub(network.graph().params()).norm2Number().doubleValue();
            assertTrue(difference < 0.01 * moved, "step " + step + ": " + difference + " of " + moved);
        }
        assertEquals(3, network.core().steps);
    }

    @Test
    void aStoppedTrainingStopsWithinABatchAndKeepsWhatItLearned() {
        SiameseNetwork network = SiameseNetwork.overview(1);
        INDArray before = network.graph().params().dup();
        List<Progress> seen = new ArrayList<>();
        List<History> ends = new ArrayList<>();
        History history = network.fit(PAIRS, null, 5, 32, new TrainingListener() {
            @Override
            public void onBatch(Progress progress) {
                seen.add(progress);
                if (progress.epoch() == 2 && progress.batch() == 3) {
                    Thread.currentThread().interrupt();
                }
            }

            @Override
            public void onEnd(History end) {
                ends.add(end);
            }
        });
        assertTrue(Thread.interrupted(), "the interruption stays visible to the caller");
        assertTrue(history.interrupted());
        assertEquals(1, history.epochs().size());
        assertEquals(3, seen.get(seen.size() - 1).batch());
        assertEquals(List.of(history), ends);
        assertEquals(history, network.history());
        assertNotEquals(before, network.graph().params());
        assertEquals(PAIRS.size(), network.distances(PAIRS).length);
    }

    @Test
    void progressIsRight() {
        List<Progress> seen = new ArrayList<>();
        int batches = (PAIRS.size() + 99) / 100;
        SiameseNetwork.overview(1).fit(PAIRS, null, 2, 100, SomeNetworks.each(seen::add));
        assertEquals(2 * batches, seen.size());
        assertEquals(batches, seen.get(batches - 1).batch());
        assertEquals(1, seen.get(batches - 1).epoch());
        assertEquals(0, seen.get(2 * batches - 1).secondsLeft(), 1e-9);
        assertTrue(seen.get(0).secondsLeft() > 0);
    }

    @Test
    void aBatchOfOnePairAndOfOneClassIsLearned() {
        Pairs one = new Pairs(BARS, new int[] {0}, new int[] {0}, new boolean[] {true});
        SiameseNetwork network = SiameseNetwork.overview(1);
        assertEquals(0, network.fit(one, one, 1, 128).epochs().get(0).testLoss(), 1e-12);
        Pairs dissimilarTwins = new Pairs(BARS, new int[] {0, 1}, new int[] {0, 5}, new boolean[] {false, true});
        network.fit(dissimilarTwins, null, 2, 128);
        assertTrue(Double.isFinite(network.graph().params().sumNumber().doubleValue()), "twins must not give NaN");
    }

    @Test
    void theOptimizerGoesOnAtAConstantLearningRateOnly() {
        SiameseNetwork network = SiameseNetwork.overview(1);
        network.fit(PAIRS, null, 1, 260);
        assertEquals(2, network.core().steps);
        network.fit(PAIRS, null, 1, 260);
        assertEquals(4, network.core().steps);
        network.fit(BARS, null, Recipe.allPairs(1).withExamplesPerClass(65));
        assertEquals(1, network.core().steps);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void loadedNetworkGoesOnWhereTheSavedOneStood(boolean cosine, @TempDir Path folder) throws IOException {
        SiameseNetwork saved = SomeNetworks.overview(cosine, 4);
        saved.fit(PAIRS, PAIRS, 2, 64);
        Path file = folder.resolve("a/b/network.zip");
        saved.save(file);
        SiameseNetwork loaded = SiameseNetwork.load(file);
        assertEquals(saved.base().json(), loaded.base().json());
        assertEquals(saved.distance(), loaded.distance());
        assertEquals(saved.seed(), loaded.seed());
        assertEquals(saved.history(), loaded.history());
        assertArrayEquals(saved.distances(PAIRS), loaded.distances(PAIRS));
        saved.fit(PAIRS, null, 1, 64);
        loaded.fit(PAIRS, null, 1, 64);
        assertArrayEquals(saved.graph().params().toFloatVector(), loaded.graph().params().toFloatVector(),
                "the state of Adam was saved, too");
        try (Stream<Path> files = Files.list(file.getParent())) {
            assertEquals(List.of(file), files.toList());
        }
    }

    /** The picture itself and four times moved by a pixel, made here by hand; there is ink at the border, too. */
    @Test
    void fiveViewsAreTheMeanOfFiveEmbeddings(@TempDir Path folder) throws IOException {
        byte[] spot = new byte[5 * 784];
        int[][] places = {{0, 0}, {1, 0}, {-1, 0}, {0, 1}, {0, -1}};
        for (int k = 0; k < 5; k++) {
            for (int y = 0; y < 18; y++) {
                for (int x = 14; x < 28; x++) {
                    int right = x + places[k][0];
                    int down = y + places[k][1];
                    if (right < 28 && down >= 0) {
                        spot[784 * k + 28 * down + right] = (byte) (9 * y + 3 * x);
                    }
                }
            }
        }
        LabeledImages spots = new LabeledImages("spots", 28, 28, 2, spot, new int[5]);
        SiameseNetwork once = SomeNetworks.overview(true, 6);
        SiameseNetwork five = once.withViews(5);
        double[][] each = once.embed(spots, 0, 1, 2, 3, 4);
        double[] mean = new double[128];
        Arrays.setAll(mean, k -> Arrays.stream(each).mapToDouble(e -> e[k]).average().orElseThrow());
        assertArrayEquals(mean, five.embed(spots, 0)[0], 1e-6);
        assertArrayEquals(five.embed(spots, 0)[0], five.embed(spots, 3, 0)[1], 1e-6);
        Path file = folder.resolve("five.zip");
        five.save(file);
        assertEquals(5, SiameseNetwork.load(file).views());
        assertArrayEquals(five.embed(spots, 0)[0], SiameseNetwork.load(file).embed(spots, 0)[0]);
        five.fit(PAIRS, null, 1, 260);
        assertArrayEquals(once.embed(BARS, 7)[0], five.withViews(1).embed(BARS, 7)[0], "both have the same weights");
    }

    @Test
    void picturesAreComparedAsTheBaseNetworkReadsThem() {
        LabeledImages bars = SomeNetworks.bars(2, 2, 5);
        SiameseNetwork grey = SiameseNetwork.overview(2);
        double[][] e = grey.embed(bars, 0, 3);
        assertEquals(Distance.EUCLIDEAN.of(e[0], e[1]), grey.distance(bars.image(0), bars.image(3)), 1e-6);
        SiameseNetwork colour = new SiameseNetwork(BaseNetwork.overview(28, 28, 3), Distance.EUCLIDEAN, 1);
        LabeledImages coloured = LabeledImages.of(siamese.data.Channels.COLOUR, bars.image(0), bars.image(3));
        e = colour.embed(coloured, 0, 1);
        assertEquals(Distance.EUCLIDEAN.of(e[0], e[1]), colour.distance(bars.image(0), bars.image(3)), 1e-6);
    }
}
