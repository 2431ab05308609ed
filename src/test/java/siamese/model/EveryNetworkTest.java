package siamese.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import siamese.data.Pairs;
import tech.tablesaw.api.Row;
import tech.tablesaw.api.Table;

/** Whatever the layers, a network trains with every loss, gives the graph's distances, and is kept to the bit. */
class EveryNetworkTest {

    private static final Recipe GIVEN_PAIRS = Recipe.overview().withEpochs(2).withPairsPerBatch(10);
    private static final Recipe ALL_PAIRS = Recipe.overview().withEpochs(8).withClassesPerBatch(3).withExamplesPerClass(4);

    /** What Deeplearning4j must run itself; all other layers of all networks are known. */
    private static final Map<String, Set<String>> FOREIGN = Map.of("LSTM", Set.of("lasttimestep2"),
            "sequence", Set.of("globalpooling4"), "foreign convolution first", Set.of("convolution1", "convolution2"),
            "pooling with gaps", Set.of("subsampling2"));

    static Stream<String> names() {
        return SomeNetworks.all().keySet().stream();
    }

    private static SiameseNetwork network(String name, Distance distance) {
        return new SiameseNetwork(SomeNetworks.all().get(name), distance, 7);
    }

    /** Four examples of each of three classes, one batch an epoch. */
    private static SomeNetworks.Noise examples(SiameseNetwork network) {
        return SomeNetworks.examples(network.base(), 12, 3);
    }

    private static float[] weights(SiameseNetwork network) {
        return network.state().weights();
    }

    @ParameterizedTest
    @MethodSource("names")
    void everyLossFalls(String name) {
        List<Recipe> recipes = List.of(ALL_PAIRS, ALL_PAIRS.withLoss(new TripletLoss(0.5, TripletLoss.Mining.ALL)),
                ALL_PAIRS.withLoss(new SupervisedContrastiveLoss(0.2)));
        for (Recipe recipe : recipes) {
            boolean directions = recipe.loss() instanceof SupervisedContrastiveLoss;
            SiameseNetwork network = network(name, directions ? Distance.COSINE : Distance.EUCLIDEAN);
            History history = network.fit(examples(network), null, recipe);
            double first = history.epochs().get(0).trainLoss();
            double last = history.epochs().get(history.epochs().size() - 1).trainLoss();
            boolean line = directions && network.embed(examples(network), 0)[0].length == 1; // has nowhere to turn to
            assertTrue(line ? Double.isFinite(last) : last < first, recipe.loss() + ": " + history);
        }
    }

    @ParameterizedTest
    @MethodSource("names")
    void isKeptToTheBitAndGivesTheGraphsDistances(String name) throws IOException {
        for (Distance distance : List.of(Distance.EUCLIDEAN, Distance.COSINE)) {
            SiameseNetwork network = network(name, distance);
            Pairs pairs = Pairs.create(examples(network), 1);
            network.fit(pairs, pairs, GIVEN_PAIRS);
            double[] distances = network.distances(pairs);
            INDArray output = network.graph().output(pairs.examples().batch(pairs.first()),
                    pairs.examples().batch(pairs.second()))[0];
            double largest = Arrays.stream(distances).max().orElseThrow();
            boolean line = distance == Distance.COSINE && network.embed(pairs.examples(), 0)[0].length == 1;
            assertTrue(largest > 0 || line, "a line has two directions only");
            assertArrayEquals(distances, output.toDoubleVector(), 1e-4 * Math.max(largest, 1), name + ", " + distance);

            ByteArrayOutputStream file = new ByteArrayOutputStream();
            network.save(file);
            SiameseNetwork loaded = SiameseNetwork.load(new ByteArrayInputStream(file.toByteArray()));
            assertEquals(network.base().json(), loaded.base().json());
            assertEquals(network.history(), loaded.history());
            assertArrayEquals(weights(network), weights(loaded));
            assertArrayEquals(distances, loaded.distances(pairs));
            network.fit(pairs, null, GIVEN_PAIRS);
            loaded.fit(pairs, null, GIVEN_PAIRS);
            assertArrayEquals(weights(network), weights(loaded), name + " trained on");
            assertTrue(line || !Arrays.equals(distances, loaded.distances(pairs)));
        }
    }

    @ParameterizedTest
    @MethodSource("names")
    void theSummarySaysWhoRunsWhatAndAllWeightsAreThere(String name) {
        SiameseNetwork network = network(name, Distance.EUCLIDEAN);
        Table summary = network.summary();
        Set<String> foreign = new TreeSet<>();
        long weights = 0;
        for (Row row : summary) {
            if (row.getString("Kind").endsWith("(run by Deeplearning4j)")) {
                foreign.add(row.getString("Layer"));
            }
            weights += row.getLong("Weights");
        }
        assertEquals(FOREIGN.getOrDefault(name, Set.of()), foreign);
        assertEquals(2 * weights(network).length, weights, "each layer's, and the sum of all");
        assertEquals(network.base().layers().size() + 4, summary.rowCount());
    }

    @ParameterizedTest
    @MethodSource("names")
    void isTrainedOnceAndReadBackThen(String name, @TempDir Path models) {
        SiameseNetwork like = network(name, Distance.EUCLIDEAN);
        float[] untrained = weights(like);
        AtomicInteger batches = new AtomicInteger();
        TrainingListener counter = SomeNetworks.each(progress -> batches.incrementAndGet());
        Recipe recipe = ALL_PAIRS.withEpochs(1);
        SiameseNetwork first = TrainedNetworks.get(models, like, examples(like), recipe, counter);
        SiameseNetwork second = TrainedNetworks.get(models, like, examples(like), recipe, counter);
        assertEquals(1, batches.get());
        assertArrayEquals(weights(first), weights(second));
        assertArrayEquals(first.embed(examples(like), 5)[0], second.embed(examples(like), 5)[0]);
        assertArrayEquals(untrained, weights(like));
        assertFalse(Arrays.equals(untrained, weights(first)));
    }
}
