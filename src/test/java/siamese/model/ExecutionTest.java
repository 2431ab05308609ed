package siamese.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import siamese.Campaign;

/** Base networks forward and backward, against Deeplearning4j's own run of the same layers and against finite differences. */
class ExecutionTest {

    static Stream<String> names() {
        return SomeNetworks.all().keySet().stream();
    }

    private static double largest(INDArray a) {
        return a.amaxNumber().doubleValue();
    }

    /** Large networks get few examples, so that the double numbers do not take minutes. */
    private static int few(Execution execution, int large, int small) {
        return execution.weights().length() > 50_000 ? large : small;
    }

    private static INDArray slopes(INDArray embeddings) {
        return Nd4j.create(new Random(1).doubles(embeddings.length(), -1, 1).toArray(), embeddings.shape(), 'c')
                .castTo(embeddings.dataType());
    }

    @ParameterizedTest
    @MethodSource("names")
    void embeddingsAndGradientsAreDeeplearning4jsAndAgreeWithFiniteDifferences(String name) {
        BaseNetwork base = SomeNetworks.all().get(name);
        Execution exact = new Execution(base, 3, DataType.DOUBLE);
        INDArray examples = SomeNetworks.examples(base, 12, 3).batch(IntStream.range(0, few(exact, 3, 12)).toArray());
        assertSame(name, base, exact, examples, 1e-12);
        assertFiniteDifferences(name, exact, examples);
        exact.release();
        assertSame(name, base, new Execution(base, 3, DataType.FLOAT), examples, 1e-5);
    }

    /** On blank paper all places of a window of the pooling have the same value: one of them gets the gradient. */
    @Test
    void ofPlacesAlikeOneGetsTheGradient() {
        BaseNetwork base = BaseNetwork.overview(28, 28, 1);
        INDArray examples = SomeNetworks.examples(base, 12, 3).batch(0, 1, 2);
        examples.get(NDArrayIndex.all(), NDArrayIndex.all(), NDArrayIndex.interval(10, 28)).assign(0);
        Execution execution = new Execution(base, 3, DataType.FLOAT);
        execution.weights().addi(0.01); // biases, too: what blank paper gives passes the ReLU
        assertSame("half blank", base, execution, examples, 1e-5);
    }

    private static void assertSame(String name, BaseNetwork base, Execution execution, INDArray examples, double tolerance) {
        DataType type = execution.weights().dataType();
        MultiLayerConfiguration configuration = base.configuration(3);
        configuration.setDataType(type);
        MultiLayerNetwork oracle = new MultiLayerNetwork(configuration);
        oracle.init(execution.weights().dup().reshape(1, execution.weights().length()), true);
        oracle.setInput(examples.castTo(type));
        INDArray output = oracle.feedForward(true, false).get(base.layers().size());
        INDArray expected = output.rank() == 4 ? output.dup('c').reshape('c', output.size(0), -1) : output; // channel by channel
        INDArray embeddings = execution.forward(examples, true).dup('c');
        assertArrayEquals(expected.shape(), embeddings.shape());
        double embedded = largest(expected.sub(embeddings)) / largest(expected);
        INDArray d = slopes(embeddings);
        oracle.backpropGradient(d.dup('c').reshape('c', output.shape()), LayerWorkspaceMgr.noWorkspaces());
        execution.backward(d.dup('c'));
        INDArray claimed = oracle.getFlattenedGradients().reshape(execution.gradient().length()).dup();
        for (int k = 0; k < base.layers().size(); k++) { // Deeplearning4j has its running means there
            if (base.layers().get(k) instanceof BatchNormalization) {
                for (String running : List.of("mean", "log10stdev")) {
                    INDArray own = execution.network().getLayer(k).getParam(running);
                    long from = own.offset() - execution.network().params().offset();
                    claimed.get(NDArrayIndex.interval(from, from + own.length())).assign(0);
                }
            }
        }
        double off = largest(claimed.sub(execution.gradient())) / largest(claimed);
        Campaign.figure("%s, %s: embeddings differ by %.1e, gradients by %.1e of the largest", name, type, embedded, off);
        assertTrue(embedded < tolerance && off < tolerance, name + ": " + embedded + ", " + off);
    }

    private static void assertFiniteDifferences(String name, Execution execution, INDArray examples) {
        Random random = new Random(2);
        INDArray weights = execution.weights();
        INDArray d = slopes(execution.forward(examples, true));
        double[] gradient = execution.gradient().toDoubleVector();
        double scale = largest(execution.gradient());
        int trials = few(execution, 6, 40);
        for (int trial = 0; trial < trials; trial++) {
            int at = random.nextInt(gradient.length);
            double value = weights.getDouble(at);
            double step = 1e-6;
            weights.putScalar(at, value + step);
            double above = execution.forward(examples, true).mul(d).sumNumber().doubleValue();
            weights.putScalar(at, value - step);
            double below = execution.forward(examples, true).mul(d).sumNumber().doubleValue();
            weights.putScalar(at, value);
            assertEquals((above - below) / (2 * step), gradient[at], 1e-5 * scale, name + ", weight " + at);
        }
    }
}
