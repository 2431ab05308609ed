package siamese.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.deeplearning4j.gradientcheck.GradientCheckUtil;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.L2NormalizeVertex;
import org.deeplearning4j.nn.conf.graph.L2Vertex;
import org.deeplearning4j.nn.conf.graph.StackVertex;
import org.deeplearning4j.nn.conf.graph.UnstackVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.LossLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.weights.WeightInit;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.activations.impl.ActivationIdentity;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.learning.config.NoOp;
import siamese.data.LabeledImages;
import siamese.data.Pairs;

class SiameseNetworkTest {

    /** Bars at a place of their own for each class, with noise: easy, but nothing is alike to the pixel. */
    static LabeledImages bars(int classes, int perClass, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int size = 28;
        byte[] pixels = new byte[classes * perClass * size * size];
        int[] labels = new int[classes * perClass];
        for (int i = 0; i < labels.length; i++) {
            labels[i] = i % classes;
            int row = 3 + 5 * labels[i];
            for (int p = 0; p < size * size; p++) {
                boolean ink = p / size >= row && p / size < row + 3;
                pixels[i * size * size + p] = (byte) ((ink ? 155 : 0) + random.nextInt(100));
            }
        }
        return new LabeledImages("bars", size, size, classes, pixels, labels);
    }

    private static final LabeledImages BARS = bars(4, 65, 1);
    private static final Pairs PAIRS = Pairs.create(BARS, 1);

    @Test
    void hasTheOverviewsNumberOfWeights() {
        assertEquals(223_744, SiameseNetwork.overview(1).graph().numParams());
        assertTrue(SiameseNetwork.overview(1).summary().print().contains("223744"));
    }

    @Test
    void convolutionsRunOnOneDnnWhereTheNativeLibraryHasIt() {
        Assumptions.assumeTrue(OneDnn.nativeLibraryHasIt(), "the native library of this platform has no oneDNN");
        assertTrue(OneDnn.isActive(SiameseNetwork.overview(1).graph()));
    }

    @Test
    void graphAndBranchGiveTheSameDistances() {
        for (SiameseNetwork network : List.of(SiameseNetwork.overview(2), new SiameseNetwork(SiameseNetwork.Options.cosine(2)))) {
            network.fit(PAIRS, null, 1, 64);
            INDArray output = network.graph().output(BARS.pixels(PAIRS.first()), BARS.pixels(PAIRS.second()))[0];
            assertArrayEquals(new long[] {PAIRS.size(), 1}, output.shape());
            assertArrayEquals(network.distances(PAIRS), output.toDoubleVector(), 1e-4);
        }
    }

    @Test
    void branchesShareTheirWeights() {
        SiameseNetwork network = SiameseNetwork.overview(3);
        INDArray a = BARS.pixels(0, 1, 2);
        INDArray b = BARS.pixels(3, 4, 9);
        assertArrayEquals(network.graph().output(a, b)[0].toDoubleVector(), network.graph().output(b, a)[0].toDoubleVector(), 1e-6);
        assertArrayEquals(new double[3], network.graph().output(a, a)[0].toDoubleVector(), 1e-6);
    }

    @Test
    void learnsToTellBarsApart() {
        SiameseNetwork network = SiameseNetwork.overview(1);
        History history = network.fit(PAIRS, PAIRS, 3, 32);
        assertEquals(3, history.epochs().size());
        assertFalse(history.interrupted());
        assertTrue(history.epochs().get(2).testLoss() < 0.01, history.toString()); // 0.5 if all pictures had one embedding
        assertEquals(history.epochs().get(2).testLoss(), new ContrastiveLoss(1).mean(network.distances(PAIRS), PAIRS.similar()), 1e-12);
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

    @Test
    void gradientsPassDeeplearning4jsCheck() {
        DataType usual = Nd4j.defaultFloatingPointType();
        Nd4j.setDefaultDataTypes(DataType.DOUBLE, DataType.DOUBLE); // the check insists
        try {
            for (boolean cosine : new boolean[] {false, true}) {
                checkGradients(cosine);
            }
        } finally {
            Nd4j.setDefaultDataTypes(usual, usual);
        }
    }

    /** On a small relative of the network, since the check turns every weight. */
    private static void checkGradients(boolean cosine) {
        SiameseNetwork.Options options = new SiameseNetwork.Options(cosine ? Distance.COSINE : Distance.EUCLIDEAN, cosine ? 0.5 : 1,
                Activation.IDENTITY, 1e-3, 12345);
        ComputationGraph graph = plain(options, 10, 2, 3, 4);
        Nd4j.getRandom().setSeed(6);
        INDArray[] inputs = {Nd4j.rand(DataType.DOUBLE, 5, 1, 10, 10), Nd4j.rand(DataType.DOUBLE, 5, 1, 10, 10)};
        INDArray labels = Nd4j.createFromArray(1.0, 0, 0, 1, 0).reshape(5, 1);
        assertTrue(GradientCheckUtil.checkGradients(new GradientCheckUtil.GraphConfig().net(graph).inputs(inputs)
                .labels(new INDArray[] {labels}).epsilon(1e-6).maxRelError(1e-4).minAbsoluteError(1e-8)), options.toString());
    }

    /** What the library computes itself, against Deeplearning4j, on single-precision numbers. */
    @Test
    void stepsAreThoseOfDeeplearning4j() {
        for (SiameseNetwork.Options options : List.of(SiameseNetwork.Options.overview(5), SiameseNetwork.Options.cosine(5))) {
            SiameseNetwork network = new SiameseNetwork(options);
            ComputationGraph graph = SiameseNetwork.graphOf(options);
            graph.setParams(network.graph().params().dup());
            Pairs pairs = new Pairs(BARS, new int[] {0, 7, 40, 81, 33, 7}, new int[] {1, 2, 3, 4, 5, 7}, new boolean[] {true, false, false, true, false, true});
            INDArray before = graph.params().dup();
            for (int step = 1; step <= 3; step++) {
                double loss = network.fit(pairs, null, 1, 6).epochs().get(0).trainLoss();
                graph.fit(new INDArray[] {BARS.pixels(pairs.first()), BARS.pixels(pairs.second())},
                        new INDArray[] {Nd4j.createFromArray(1f, 0, 0, 1, 0, 1).reshape(6, 1)});
                assertEquals(graph.score(), loss, 1e-4 * loss, options + ", step " + step);
                double moved = graph.params().sub(before).norm2Number().doubleValue();
                double difference = graph.params().sub(network.graph().params()).norm2Number().doubleValue();
                assertTrue(difference < 0.01 * moved, options + ", step " + step + ": " + difference + " of " + moved);
            }
            assertEquals(3, network.graph().getConfiguration().getIterationCount());
        }
    }

    /** On pictures with ink up to the last row and column, which the library leaves out, and on batches of several sizes. */
    @Test
    void embeddingsAndGradientsAreThoseOfDeeplearning4j() {
        Random random = new Random(2);
        byte[] ink = new byte[40 * 784];
        random.nextBytes(ink);
        LabeledImages noise = new LabeledImages("noise", 28, 28, 2, ink, new int[40]);
        for (SiameseNetwork.Options options : List.of(SiameseNetwork.Options.overview(5), SiameseNetwork.Options.cosine(5))) {
            MultiLayerNetwork plain = new MultiLayerNetwork(SiameseNetwork.branchConfiguration(options));
            plain.init(new SiameseNetwork(options).graph().params(), true);
            Branch branch = new Branch(plain, options.embeddingActivation());
            for (int n : new int[] {5, 40, 1, 17}) {
                INDArray pictures = noise.pixels(random.ints(n, 0, 40).toArray());
                INDArray towards = Nd4j.rand(DataType.FLOAT, n, 128).subi(0.5);
                plain.setInput(pictures);
                INDArray expected = plain.feedForward(true, false).get(5);
                close(expected, branch.forward(pictures), "embeddings of " + n);
                Map<String, INDArray> gradients = plain.backpropGradient(towards.dup(), LayerWorkspaceMgr.noWorkspaces()).getFirst().gradientForVariable();
                branch.backward(towards.dup());
                long at = 0;
                for (String name : List.of("0_b", "0_W", "2_b", "2_W", "4_W", "4_b")) {
                    INDArray gradient = gradients.get(name);
                    char order = name.equals("4_W") ? 'f' : 'c';
                    INDArray flat = gradient.dup(order).reshape(order, new long[] {gradient.length()});
                    close(flat, branch.gradient().get(NDArrayIndex.interval(at, at += gradient.length())), name + " of " + n);
                }
                branch.release();
            }
        }
    }

    private static void close(INDArray expected, INDArray actual, String what) {
        double size = expected.norm2Number().doubleValue();
        assertTrue(size > 0, what);
        assertEquals(0, actual.sub(expected).norm2Number().doubleValue() / size, 1e-4, what);
    }

    /** The overview's graph written down once more, in double precision and as small as wanted. */
    private static ComputationGraph plain(SiameseNetwork.Options options, int size, int filters1, int filters2, int units) {
        NeuralNetConfiguration.Builder common = new NeuralNetConfiguration.Builder().seed(options.seed()).dataType(DataType.DOUBLE)
                .weightInit(WeightInit.XAVIER_UNIFORM).convolutionMode(ConvolutionMode.Truncate).updater(new NoOp());
        Layer[] convolutions = Stream.of(filters1, filters2).map(n -> new ConvolutionLayer.Builder(3, 3).nOut(n).activation(Activation.RELU))
                .map(ConvolutionLayer.Builder::build).toArray(Layer[]::new);
        var builder = common.graphBuilder().addInputs("first", "second").addVertex("both", new StackVertex(), "first", "second")
                .addLayer("conv1", convolutions[0], "both")
                .addLayer("pool1", new SubsamplingLayer.Builder(SubsamplingLayer.PoolingType.MAX).kernelSize(2, 2).stride(2, 2).build(), "conv1")
                .addLayer("conv2", convolutions[1], "pool1")
                .addLayer("pool2", new SubsamplingLayer.Builder(SubsamplingLayer.PoolingType.MAX).kernelSize(2, 2).stride(2, 2).build(), "conv2")
                .addLayer("embedding", new DenseLayer.Builder().nOut(units).activation(options.embeddingActivation()).build(), "pool2");
        boolean cosine = options.distance() == Distance.COSINE;
        if (cosine) {
            builder.addVertex("direction", new L2NormalizeVertex(), "embedding");
        }
        ComputationGraph graph = new ComputationGraph(builder
                .addVertex("e1", new UnstackVertex(0, 2), cosine ? "direction" : "embedding")
                .addVertex("e2", new UnstackVertex(1, 2), cosine ? "direction" : "embedding")
                .addVertex("distance", new L2Vertex(), "e1", "e2")
                .addLayer("loss", new LossLayer.Builder(new ContrastiveLoss(options.margin()))
                        .activation(cosine ? new HalfSquare() : new ActivationIdentity()).build(), "distance")
                .setOutputs("loss").setInputTypes(InputType.convolutional(size, size, 1), InputType.convolutional(size, size, 1)).build());
        graph.init();
        return graph;
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
        SiameseNetwork.overview(1).fit(PAIRS, null, 2, 100, new TrainingListener() {
            @Override
            public void onBatch(Progress progress) {
                seen.add(progress);
            }
        });
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
        assertTrue(Double.isFinite(network.graph().params().sumNumber().doubleValue()), "identical images must not give NaN");
    }

    @Test
    void aLossThatIsNoNumberStopsTraining() {
        SiameseNetwork network = new SiameseNetwork(new SiameseNetwork.Options(Distance.EUCLIDEAN, 1, Activation.RELU, 1e30, 1));
        String message = assertThrows(ArithmeticException.class, () -> network.fit(PAIRS, null, 3, 32)).getMessage();
        assertTrue(message.contains("epoch 1, batch ") && message.contains("smaller learning rate"), message);
    }

    @Test
    void loadedNetworkGoesOnWhereTheSavedOneStood(@TempDir Path folder) throws IOException {
        SiameseNetwork saved = new SiameseNetwork(SiameseNetwork.Options.cosine(4));
        saved.fit(PAIRS, PAIRS, 2, 64);
        Path file = folder.resolve("a/b/network.zip");
        saved.save(file);
        SiameseNetwork loaded = SiameseNetwork.load(file);
        assertEquals(saved.options(), loaded.options());
        assertEquals(saved.history(), loaded.history());
        assertArrayEquals(saved.distances(PAIRS), loaded.distances(PAIRS));
        saved.fit(PAIRS, null, 1, 64);
        loaded.fit(PAIRS, null, 1, 64);
        assertTrue(saved.graph().params().equalsWithEps(loaded.graph().params(), 1e-5), "the state of Adam was saved, too");
        try (Stream<Path> files = Files.list(file.getParent())) {
            assertEquals(List.of(file), files.toList());
        }
    }

    @Test
    void whatIsNoSavedNetworkIsRefusedInOneSentence(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("network.zip");
        assertTrue(assertThrows(IOException.class, () -> SiameseNetwork.load(file)).getMessage().startsWith("There is no file"));
        SiameseNetwork.overview(1).save(file);
        byte[] whole = Files.readAllBytes(file);
        byte[] altered = whole.clone();
        altered[whole.length / 2] ^= 0x55;
        for (byte[] wrong : List.of(Arrays.copyOf(whole, whole.length / 2), altered, "hello".getBytes(), new byte[0])) {
            Files.write(file, wrong);
            String message = assertThrows(IOException.class, () -> SiameseNetwork.load(file)).getMessage();
            assertTrue(message.contains("is not a network that this library saved, or is damaged"), message);
        }
    }

    @Test
    void badInputIsNamed() {
        SiameseNetwork network = SiameseNetwork.overview(1);
        LabeledImages small = new LabeledImages("small", 5, 5, 2, new byte[100], new int[] {0, 0, 1, 1});
        assertTrue(assertThrows(IllegalArgumentException.class, () -> network.embed(small, 0)).getMessage().contains("28 x 28"));
        assertThrows(IllegalArgumentException.class, () -> network.fit(Pairs.create(small, 1), null, 1, 1));
        assertThrows(IllegalArgumentException.class, () -> network.fit(PAIRS, null, 0, 1));
        assertThrows(IllegalArgumentException.class, () -> network.fit(PAIRS, null, 1, 0));
        assertThrows(IllegalArgumentException.class,
                () -> network.fit(new Pairs(BARS, new int[0], new int[0], new boolean[0]), null, 1, 1));
        assertThrows(IllegalArgumentException.class,
                () -> new SiameseNetwork.Options(Distance.EUCLIDEAN, 1, Activation.RELU, 0, 1));
        assertThrows(IllegalArgumentException.class,
                () -> new SiameseNetwork.Options(Distance.EUCLIDEAN, -1, Activation.RELU, 1e-3, 1));
        assertTrue(assertThrows(IllegalArgumentException.class, () -> SiameseNetwork.Options.overview(1).withViews(3))
                .getMessage().contains("1 or 5"));
    }

    /** A picture and the same moved by a pixel to each side, made here by hand. */
    @Test
    void fiveViewsAreTheMeanOfFiveEmbeddings(@TempDir Path folder) throws IOException {
        byte[] spot = new byte[5 * 784];
        int[][] places = {{0, 0}, {1, 0}, {-1, 0}, {0, 1}, {0, -1}};
        for (int k = 0; k < 5; k++) {
            for (int y = 8; y < 18; y++) {
                for (int x = 10; x < 16; x++) {
                    spot[784 * k + 28 * (y + places[k][1]) + x + places[k][0]] = (byte) (9 * y + 3 * x);
                }
            }
        }
        LabeledImages spots = new LabeledImages("spots", 28, 28, 2, spot, new int[5]);
        SiameseNetwork once = new SiameseNetwork(SiameseNetwork.Options.directions(6).withViews(1));
        SiameseNetwork five = new SiameseNetwork(SiameseNetwork.Options.directions(6));
        double[][] each = once.embed(spots, 0, 1, 2, 3, 4);
        double[] mean = new double[128];
        Arrays.setAll(mean, k -> Arrays.stream(each).mapToDouble(e -> e[k]).average().orElseThrow());
        assertArrayEquals(mean, five.embed(spots, 0)[0], 1e-6);
        assertArrayEquals(five.embed(spots, 0)[0], five.embed(spots, 3, 0)[1], 1e-6);
        Path file = folder.resolve("five.zip");
        five.save(file);
        assertEquals(5, SiameseNetwork.load(file).options().views());
        assertArrayEquals(five.embed(spots, 0)[0], SiameseNetwork.load(file).embed(spots, 0)[0]);
    }
}
