package siamese.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.DropoutLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import siamese.data.Pairs;

/** Layers that do one thing in training and another afterwards: batch normalization and dropout. */
class NormalizationTest {

    private static BaseNetwork normalized(boolean logarithm) {
        return BaseNetwork.of(InputType.convolutional(8, 7, 2),
                new ConvolutionLayer.Builder(3, 3).nOut(5).activation(Activation.RELU).build(),
                new BatchNormalization.Builder().decay(0.8).useLogStd(logarithm).build(),
                new DenseLayer.Builder().nOut(6).build(),
                new BatchNormalization.Builder().useLogStd(logarithm).lockGammaBeta(true).gamma(2).beta(0.5).build(),
                new DenseLayer.Builder().nOut(3).build());
    }

    private static INDArray batch(BaseNetwork base, int from, int n) {
        return SomeNetworks.examples(base, 100, 3).batch(IntStream.range(from, from + n).toArray());
    }

    /** Deeplearning4j subtracts what it calls the gradient of the means, without the updater. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theMeansThatTrainingSawAreDeeplearning4js(boolean logarithm) {
        BaseNetwork base = normalized(logarithm);
        List<String> seen = List.of("mean", logarithm ? "log10stdev" : "var");
        Execution execution = new Execution(base, 3, DataType.DOUBLE);
        MultiLayerConfiguration configuration = base.configuration(3);
        configuration.setDataType(DataType.DOUBLE);
        MultiLayerNetwork oracle = new MultiLayerNetwork(configuration);
        oracle.init(execution.weights().dup().reshape(1, execution.weights().length()), true);
        INDArray first = execution.weights().dup();
        Random random = new Random(1);
        for (int step = 0; step < 4; step++) {
            INDArray examples = batch(base, 10 * step, 6 + step);
            INDArray d = Nd4j.create(random.doubles((6 + step) * 3L, -1, 1).toArray(), new long[] {6 + step, 3}, 'c');
            execution.forward(examples, true);
            execution.backward(d.dup('c'));
            execution.afterStep();
            oracle.setInput(examples.castTo(DataType.DOUBLE));
            oracle.feedForward(true, false);
            var gradients = oracle.backpropGradient(d.dup(), LayerWorkspaceMgr.noWorkspaces()).getFirst().gradientForVariable();
            for (int layer : new int[] {1, 3}) {
                for (String name : seen) {
                    INDArray theirs = oracle.getLayer(layer).getParam(name).subi(gradients.get(layer + "_" + name));
                    INDArray ours = execution.network().getLayer(layer).getParam(name);
                    assertArrayEquals(theirs.ravel().toDoubleVector(), ours.ravel().toDoubleVector(), 1e-6, name + ", step " + step);
                }
            }
        }
        assertNotEquals(first, execution.weights());
        INDArray examples = batch(base, 60, 9);
        double[] expected = oracle.output(examples.castTo(DataType.DOUBLE), false).reshape(27).toDoubleVector();
        assertArrayEquals(expected, execution.forward(examples, false).dup('c').reshape(27).toDoubleVector(), 1e-6);
    }

    /** Each example by itself afterwards: what else is embedded with it does not matter. */
    @Test
    void embeddingsUseTheMeansThatTrainingSaw() {
        SiameseNetwork network = new SiameseNetwork(normalized(true), Distance.EUCLIDEAN, 1);
        SomeNetworks.Noise examples = SomeNetworks.examples(network.base(), 12, 3);
        double[] untrained = network.embed(examples, 0)[0];
        network.fit(Pairs.create(examples, 1), null, 3, 6);
        double[] alone = network.embed(examples, 0)[0];
        assertFalse(Arrays.equals(untrained, alone));
        assertArrayEquals(alone, network.embed(examples, 5, 3, 0, 7)[2], 1e-5);
    }

    /** Weight decay takes its share of weights, not of what training has seen. */
    @Test
    void weightDecayLeavesTheMeansAlone() {
        Recipe recipe = Recipe.overview().withEpochs(1).withLearningRate(0.05).withClassesPerBatch(3).withExamplesPerClass(4);
        double[][] means = new double[2][];
        for (int k = 0; k < 2; k++) {
            SiameseNetwork network = new SiameseNetwork(normalized(false), Distance.EUCLIDEAN, 1);
            network.fit(SomeNetworks.examples(network.base(), 12, 3), null, recipe.withWeightDecay(10 * k)); // one step
            means[k] = network.core().execution.network().getLayer(1).getParam("var").ravel().toDoubleVector();
        }
        assertArrayEquals(means[0], means[1]);
    }

    /** A wide layer in which all numbers are 1 shows the mask itself. */
    private static INDArray masks(Execution execution, int n) {
        return execution.forward(Nd4j.ones(DataType.FLOAT, n, 2000), true).dup('c');
    }

    @Test
    void dropoutDrawsAMaskForEachExampleAndKeepsTheMean() {
        BaseNetwork base = BaseNetwork.of(InputType.feedForward(2000), new DropoutLayer.Builder(0.8).build(),
                new DenseLayer.Builder().nOut(2000).hasBias(false).build());
        Execution execution = new Execution(base, 1);
        execution.weights().assign(Nd4j.eye(2000).castTo(DataType.FLOAT).reshape(4_000_000));
        INDArray masks = masks(execution, 3);
        assertEquals(1, masks.meanNumber().doubleValue(), 0.02);
        for (int k = 0; k < 3; k++) {
            double[] mask = masks.getRow(k).toDoubleVector();
            assertEquals(0.8, Arrays.stream(mask).filter(m -> Math.abs(m - 1.25) < 1e-6).count() / 2000.0, 0.04);
            assertEquals(0.2, Arrays.stream(mask).filter(m -> m == 0).count() / 2000.0, 0.04);
        }
        assertNotEquals(masks.getRow(0), masks.getRow(1));
        assertNotEquals(masks, masks(execution, 3), "another one for each batch");
        assertEquals(Nd4j.ones(DataType.FLOAT, 3, 2000), execution.forward(Nd4j.ones(DataType.FLOAT, 3, 2000), false), "none later");
        execution.seed(5);
        INDArray first = masks(execution, 3);
        execution.seed(5);
        assertEquals(first, masks(execution, 3));
        INDArray d = Nd4j.ones(DataType.FLOAT, 3, 2000);
        execution.backward(d.dup('c'));
        INDArray gradient = Nd4j.diag(execution.gradient().reshape(2000, 2000)); // each number's mask, summed over examples
        assertEquals(first.sum(0), gradient, "what was left out learns nothing");
    }

    @Test
    void twoLayersLeaveOutDifferentNumbers() {
        BaseNetwork base = BaseNetwork.of(InputType.feedForward(2000), new DropoutLayer.Builder(0.5).build(),
                new DropoutLayer.Builder(0.5).build(), new DenseLayer.Builder().nOut(2000).hasBias(false).build());
        Execution execution = new Execution(base, 1);
        execution.weights().assign(Nd4j.eye(2000).castTo(DataType.FLOAT).reshape(4_000_000));
        execution.seed(3);
        double kept = masks(execution, 2).neq(0).castTo(DataType.DOUBLE).meanNumber().doubleValue();
        assertEquals(0.25, kept, 0.04, "half of the half");
    }

    @Test
    void sameSeedSameWeightsWithDropout() {
        float[][] weights = new float[3][];
        for (int k = 0; k < 3; k++) {
            SiameseNetwork network = new SiameseNetwork(SomeNetworks.dropout(), Distance.EUCLIDEAN, k == 2 ? 6 : 5);
            SomeNetworks.Noise examples = SomeNetworks.examples(network.base(), 20, 4);
            network.fit(examples, null, Recipe.overview().withEpochs(3).withExamplesPerClass(5));
            if (k == 1) {
                network.embed(examples, 0, 1);
            }
            network.fit(Pairs.create(examples, 1), null, 1, 8);
            weights[k] = network.state().weights();
        }
        assertArrayEquals(weights[0], weights[1]);
        assertFalse(Arrays.equals(weights[0], weights[2]));
        assertTrue(IntStream.range(0, weights[0].length).allMatch(i -> Float.isFinite(weights[0][i])));
    }
}
