package siamese.spark;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static siamese.spark.SparkEvaluationTest.bars;
import static siamese.spark.SparkEvaluationTest.says;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import siamese.data.LabeledImages;
import siamese.data.Variation;
import siamese.model.BaseNetwork;
import siamese.model.Distance;
import siamese.model.Exchange;
import siamese.model.Loss;
import siamese.model.Recipe;
import siamese.model.SiameseNetwork;
import siamese.model.TrainingListener;

/** Minutes: two workers start, and take six trainings step by step; each of the executors that dies is waited for. */
@Timeout(900)
class SynchronousTrainingTest {

    private static final LabeledImages BARS = bars(160);
    private static final BaseNetwork BASE = BaseNetwork.of(InputType.convolutional(28, 28, 1),
            new ConvolutionLayer.Builder(5, 5).stride(2, 2).nOut(6).activation(Activation.RELU).build(),
            new DenseLayer.Builder().nOut(8).build());
    private static final int INTERVAL = 2; // 160 images, 20 a batch: four rounds
    private static final Recipe RECIPE = Recipe.allPairs(1).withClassesPerBatch(4).withExamplesPerClass(5)
            .withVariation(Variation.NONE.withShift(1));

    /** Ends its process as kill -9 does, in the middle of a step, where it finds a file; this is then gone. */
    private record Deadly(Loss base, String file) implements Loss {

        @Override
        public Result of(INDArray embeddings, Batch batch) {
            try {
                if (Files.deleteIfExists(Path.of(file))) {
                    Runtime.getRuntime().halt(137);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return base.of(embeddings, batch);
        }
    }

    /** Fails where it finds a file. */
    private record Failing(Loss base, String file) implements Loss {

        @Override
        public Result of(INDArray embeddings, Batch batch) {
            if (Files.exists(Path.of(file))) {
                throw new IllegalArgumentException("No loss today.");
            }
            return base.of(embeddings, batch);
        }
    }

    private static SiameseNetwork network() {
        return new SiameseNetwork(BASE, Distance.EUCLIDEAN, 3);
    }

    private static float[] weights(SiameseNetwork network) {
        return network.state().weights();
    }

    /** One machine: the same parts, one after another. */
    private static float[] alone(int parts) {
        SiameseNetwork network = network();
        SiameseNetwork.State state = network.state();
        for (int round = 1; round <= 4; round++) {
            state = network.steps(state, BARS, RECIPE, INTERVAL, 8, SparkTraining.seed(3, round, 0),
                    Exchange.alone(parts));
        }
        return state.weights();
    }

    private static float[] trained(Cluster cluster, int parts, int tasks, Recipe recipe, TrainingListener... listeners) {
        SiameseNetwork network = network();
        new SynchronousTraining(cluster, parts, tasks, INTERVAL, recipe).fit(network, BARS, null, listeners);
        return weights(network);
    }

    private static TrainingListener after(int round, Runnable what) {
        return new TrainingListener() {
            @Override
            public void onBatch(Progress progress) {
                if (progress.batch() == round) {
                    what.run();
                }
            }
        };
    }

    @Test
    void twoThreadsTrainWhatOneMachineTrains() {
        try (Cluster cluster = Cluster.of("local[2]")) {
            for (int parts : new int[] {1, 2, 4}) {
                for (int tasks = 1; tasks <= Math.min(2, parts); tasks++) {
                    assertArrayEquals(alone(parts), trained(cluster, parts, tasks, RECIPE),
                            parts + " parts, " + tasks + " tasks");
                }
            }
            SiameseNetwork plain = network();
            plain.fit(BARS, null, RECIPE);
            SiameseNetwork oneRound = network();
            new SynchronousTraining(cluster, 1, 1, 8, RECIPE).fit(oneRound, BARS, null);
            assertArrayEquals(weights(plain), weights(oneRound), "one part and one round are fit");
            assertFalse(Arrays.equals(alone(1), alone(2)), "the order of sums counts");
        }
    }

    @Test
    void twoWorkersTrainWhatOneMachineTrainsAndSoTheyDoIfOneIsKilled(@TempDir Path folder) throws Exception {
        Map<String, String> settings = Map.of("spark.driver.host", "127.0.0.1", "spark.driver.bindAddress", "127.0.0.1",
                "spark.executor.memory", "768m", "spark.shuffle.io.retryWait", "1s",
                "spark.executor.extraClassPath", System.getProperty("java.class.path"));
        settings.forEach(System::setProperty);
        File marker = folder.resolve("kill").toFile();
        Recipe deadly = RECIPE.withLoss(new Deadly(RECIPE.loss(), marker.getPath()));
        try (Standalone standalone = new Standalone(folder); Cluster cluster = Cluster.of(standalone.master())) {
            for (int parts : new int[] {1, 2, 4}) {
                int tasks = Math.min(2, parts);
                assertArrayEquals(alone(parts), trained(cluster, parts, tasks, RECIPE), parts + " parts");
                List<Boolean> marked = new ArrayList<>();
                float[] survived = trained(cluster, parts, tasks, deadly, after(2, () -> marked.add(mark(marker))));
                assertEquals(List.of(true), marked);
                assertFalse(marker.exists(), "a worker died");
                assertArrayEquals(alone(parts), survived, parts + " parts, killed");
            }
        } finally {
            settings.keySet().forEach(System::clearProperty);
        }
        try (Stream<Path> first = Files.walk(folder.resolve("work1"), 2);
                Stream<Path> second = Files.walk(folder.resolve("work2"), 2)) {
            long executors = Stream.concat(first, second)
                    .filter(path -> path.getFileName().toString().matches("\\d+")).count();
            assertEquals(5, executors, "two, and one more for each that died");
        }
    }

    private static boolean mark(File marker) {
        try {
            return marker.createNewFile();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void whatIsSentIsCounted() {
        try (Cluster cluster = Cluster.of("local[2]")) {
            SynchronousTraining.Result result =
                    new SynchronousTraining(cluster, 4, 2, INTERVAL, RECIPE).fit(network(), BARS, null);
            assertEquals(8, result.steps());
            long step = base64(10 * 8) + base64(network().state().weights().length); // of a task
            assertEquals(8 * 2 * step, result.sent());
            assertEquals(2 * result.sent(), result.received()); // each gets what both sent
            assertTrue(result.seconds() > 0);
            result = new SynchronousTraining(cluster, 4, 1, INTERVAL, RECIPE).fit(network(), BARS, null);
            assertEquals(0, result.sent() + result.received());
        }
    }

    private static long base64(int floats) {
        return (4L * floats + 2) / 3 * 4;
    }

    @Test
    void aDriverThatStartsAgainGoesOnFromTheCheckpoint(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("training.checkpoint");
        try (Cluster cluster = Cluster.of("local[2]")) {
            SynchronousTraining training = new SynchronousTraining(cluster, 2, 2, INTERVAL, RECIPE);
            SynchronousTraining.Result stopped = training.fit(network(), BARS, file,
                    after(2, () -> Thread.currentThread().interrupt()));
            assertTrue(Thread.interrupted());
            assertEquals(4, stopped.steps());
            assertTrue(stopped.history().interrupted());
            List<Integer> rounds = new ArrayList<>();
            SiameseNetwork network = network();
            SynchronousTraining.Result rest = new SynchronousTraining(cluster, 2, 1, INTERVAL, RECIPE).fit(network,
                    BARS, file, new TrainingListener() {
                        @Override
                        public void onBatch(Progress progress) {
                            rounds.add(progress.batch());
                        }
                    });
            assertEquals(List.of(3, 4), rounds);
            assertEquals(4, rest.steps());
            assertArrayEquals(alone(2), weights(network));
            assertEquals(0, training.fit(network, BARS, file).steps()); // nothing is left to do
            assertArrayEquals(alone(2), weights(network));
            says("belongs to another training", () -> training.fit(
                    new SiameseNetwork(BASE, Distance.EUCLIDEAN, 4), BARS, file));
            Files.write(file, Arrays.copyOf(Files.readAllBytes(file), 1000));
            says("no whole checkpoint", () -> training.fit(network, BARS, file));
            says("cannot be written", () -> training.fit(network, BARS, folder.resolve("nowhere/file")));
        }
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(List.of(file), files.toList());
        }
    }

    @Test
    void refusesInOneSentence(@TempDir Path folder) {
        System.setProperty("spark.scheduler.barrier.maxConcurrentTasksCheck.maxFailures", "1");
        try (Cluster cluster = Cluster.of("local[2]")) {
            says("powers of two", () -> new SynchronousTraining(cluster, 3, 1, 1, RECIPE));
            says("no more processes than parts", () -> new SynchronousTraining(cluster, 2, 4, 1, RECIPE));
            says("interval must be at least 1", () -> new SynchronousTraining(cluster, 2, 2, 0, RECIPE));
            SynchronousTraining training = new SynchronousTraining(cluster, 2, 2, 1, RECIPE);
            says("batch normalization", () -> training.fit(new SiameseNetwork(BASE.then(new BatchNormalization()),
                    Distance.EUCLIDEAN, 1), BARS, null));
            says("cannot be cut into 32", () -> trained(cluster, 32, 1, RECIPE));
            says("has parameters", () -> trained(cluster, 1, 1, RECIPE.withLoss(new SparkTrainingTest.Learned())));
            File marker = folder.resolve("fail").toFile();
            Recipe failing = RECIPE.withLoss(new Failing(RECIPE.loss(), marker.getPath()));
            says("failed: No loss today.", () -> trained(cluster, 2, 2, failing, after(1, () -> mark(marker))));
            says("more slots", () -> trained(cluster, 4, 4, RECIPE));
        } finally {
            System.clearProperty("spark.scheduler.barrier.maxConcurrentTasksCheck.maxFailures");
        }
    }
}
