package siamese.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import siamese.Campaign;
import siamese.data.Examples;
import siamese.data.LabeledImages;
import siamese.data.Variation;

/** Processes are threads here, each with a network of its own; in the tests of src/spark they are processes. */
@Timeout(300)
class ExchangeTest {

    private static final LabeledImages BARS = SomeNetworks.bars(4, 40, 1);
    private static final Recipe RECIPE = Recipe.allPairs(1).withClassesPerBatch(4).withExamplesPerClass(5)
            .withVariation(Variation.NONE.withShift(1));

    private static SiameseNetwork.State steps(BaseNetwork base, Examples examples, Recipe recipe, int steps,
            Exchange exchange) {
        SiameseNetwork network = new SiameseNetwork(base, Distance.EUCLIDEAN, 3);
        return network.steps(network.state(), examples, recipe, steps, steps, 3, exchange);
    }

    private static SiameseNetwork.State bars(int steps, int parts) {
        return steps(BaseNetwork.overview(28, 28, 1), BARS, RECIPE, steps, Exchange.alone(parts));
    }

    private static List<SiameseNetwork.State> together(BaseNetwork base, Examples examples, Recipe recipe, int parts,
            int processes) throws Exception {
        float[][] shared = new float[processes][];
        CyclicBarrier barrier = new CyclicBarrier(processes);
        ExecutorService threads = Executors.newFixedThreadPool(processes);
        try {
            List<Future<SiameseNetwork.State>> running = IntStream.range(0, processes)
                    .mapToObj(k -> threads.submit(() -> steps(base, examples, recipe, 4,
                            new Exchange(parts, processes, k, own -> {
                                shared[k] = own;
                                await(barrier);
                                float[][] all = shared.clone();
                                await(barrier); // nobody writes before all have read
                                return all;
                            })))).toList();
            List<SiameseNetwork.State> states = new ArrayList<>();
            for (Future<SiameseNetwork.State> one : running) {
                states.add(one.get());
            }
            return states;
        } finally {
            threads.shutdownNow();
        }
    }

    private static void await(CyclicBarrier barrier) {
        try {
            barrier.await();
        } catch (InterruptedException | BrokenBarrierException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void howManyProcessesShareThePartsChangesNoBit() throws Exception {
        for (int parts : new int[] {1, 2, 4}) {
            SiameseNetwork.State alone = bars(4, parts);
            for (int processes = 1; processes <= parts; processes *= 2) {
                for (SiameseNetwork.State one : together(BaseNetwork.overview(28, 28, 1), BARS, RECIPE, parts,
                        processes)) {
                    assertArrayEquals(alone.weights(), one.weights(), parts + " parts, " + processes + " processes");
                    assertArrayEquals(alone.moments(), one.moments());
                    assertEquals(alone.loss(), one.loss());
                }
            }
        }
    }

    @Test
    void dropoutDrawsTheSameWhoeverComputesThePart() throws Exception {
        BaseNetwork base = BaseNetwork.of(InputType.convolutional(28, 28, 1),
                new DenseLayer.Builder().nOut(16).dropOut(0.5).build(), new DenseLayer.Builder().nOut(5).build());
        SiameseNetwork.State alone = steps(base, BARS, RECIPE, 4, Exchange.alone(4));
        for (SiameseNetwork.State one : together(base, BARS, RECIPE, 4, 2)) {
            assertArrayEquals(alone.weights(), one.weights());
        }
    }

    /** After one step Adam's first mean is a tenth of the gradient. */
    @Test
    void theGradientIsThatOfTheWholeBatch() {
        SiameseNetwork.State whole = bars(1, 1);
        int n = whole.weights().length;
        double largest = IntStream.range(0, n).mapToDouble(i -> Math.abs(whole.moments()[i])).max().orElseThrow();
        assertTrue(largest > 0);
        for (int parts : new int[] {2, 4, 8, 16}) {
            SiameseNetwork.State cut = bars(1, parts);
            double difference = IntStream.range(0, n)
                    .mapToDouble(i -> Math.abs(cut.moments()[i] - whole.moments()[i])).max().orElseThrow();
            System.out.printf("Figure: gradient of %d parts and of one: %.1e relative%n", parts, difference / largest);
            assertTrue(difference <= 1e-5 * largest, parts + " parts: " + difference / largest);
            assertEquals(whole.loss(), cut.loss(), 1e-5 * whole.loss());
        }
    }

    /** In double only rounding is left; what is added up in another order must agree to many more digits. */
    @Test
    void inDoubleTheGradientOfPartsIsThatOfTheWholeBatch() {
        INDArray whole = gradient(1);
        double largest = whole.amaxNumber().doubleValue();
        assertTrue(largest > 0);
        for (int parts : new int[] {2, 4, 8, 16}) {
            double off = gradient(parts).sub(whole).amaxNumber().doubleValue() / largest;
            System.out.printf("Figure: gradient of %d parts and of one in double: %.1e relative%n", parts, off);
            assertTrue(off <= 1e-10, parts + " parts: " + off);
        }
    }

    private static INDArray gradient(int parts) {
        Execution exact = new Execution(BaseNetwork.overview(28, 28, 1), 3, DataType.DOUBLE);
        INDArray moments = Nd4j.zeros(DataType.DOUBLE, 2 * exact.weights().length());
        new Trainer(exact, Distance.EUCLIDEAN, RECIPE, moments, 0, 1, Exchange.alone(parts), 3)
                .step(new Batches.OfClasses(BARS, RECIPE, Distance.EUCLIDEAN, new Random(3)).epoch().get());
        return moments.get(NDArrayIndex.interval(0, exact.weights().length())).dup();
    }

    @Test
    void refusesInOneSentence() {
        for (int[] wrong : new int[][] {{3, 1, 0}, {0, 1, 0}, {2, 4, 0}, {4, 3, 0}, {4, 2, 2}, {4, 2, -1}}) {
            String said = Campaign.refusal(() -> new Exchange(wrong[0], wrong[1], wrong[2], null),
                    IllegalArgumentException.class);
            assertTrue(said.contains("powers of two") && said.contains(wrong[0] + " and " + wrong[1]), said);
        }
        String said = Campaign.refusal(() -> bars(1, 32), IllegalArgumentException.class);
        assertEquals("A batch of 20 examples cannot be cut into 32 parts; use fewer parts, or larger batches.", said);
        BaseNetwork normalized = BaseNetwork.of(InputType.convolutional(28, 28, 1),
                new DenseLayer.Builder().nOut(5).build(), new BatchNormalization());
        steps(normalized, BARS, RECIPE, 1, Exchange.alone(1));
        said = Campaign.refusal(() -> steps(normalized, BARS, RECIPE, 1, Exchange.alone(2)),
                IllegalArgumentException.class);
        assertTrue(said.startsWith("The network has batch normalization"), said);
    }
}
