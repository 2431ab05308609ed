package siamese.model;

import java.util.List;
import java.util.SplittableRandom;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A base network at work, forward and backward. Layers that are known here run in those operations of ND4J that are fastest
 * for them, on the weights of the Deeplearning4j network that defines them; any other layer is run by Deeplearning4j itself. A
 * test compares embeddings and gradients with Deeplearning4j's. What is spared:
 *
 * <ul>
 * <li>The first convolution is a product of matrices without a gradient for the pictures ({@link FirstConvolution}).
 * <li>An activation that only grows comes after max-pooling and so has less work; the two may change places.
 * <li>Rows and columns of the pictures that reach no embedding are left out: of the overview's 28 the last two.
 * <li>The backward pass computes nothing of the forward pass again.
 * </ul>
 *
 * <p>Not for several threads at once.
 */
final class Execution {

    private final MultiLayerNetwork network;
    private final InputType[] shapes;
    private final INDArray weights;
    private final INDArray gradient;
    private final LayerPlan plan;
    private final List<FastLayer> steps;

    /** A base network with new weights. */
    Execution(BaseNetwork base, long seed) {
        this(base, seed, DataType.FLOAT);
    }

    /** The same in another precision, for tests. */
    Execution(BaseNetwork base, long seed, DataType type) {
        MultiLayerConfiguration configuration = base.configuration(seed);
        configuration.setDataType(type);
        network = new MultiLayerNetwork(configuration);
        network.init();
        if (network.numParams() == 0) {
            throw new IllegalArgumentException("The base network has no weights, so there is nothing to learn; add a dense layer.");
        }
        List<InputType> outputs = configuration.getLayerActivationTypes(base.input());
        shapes = new InputType[outputs.size() + 1];
        shapes[0] = base.input();
        for (int k = 0; k < outputs.size(); k++) {
            shapes[k + 1] = outputs.get(k);
        }
        weights = network.params().reshape(network.numParams());
        gradient = Nd4j.create(type, network.numParams());
        plan = new LayerPlan(network, weights, gradient, shapes, new SplittableRandom(seed));
        steps = plan.steps();
        try {
            forward(Nd4j.zeros(DataType.FLOAT, shape(2)), false);
        } finally {
            release();
        }
    }

    private long[] shape(long n) {
        long[] one = shapes[0].getShape();
        long[] all = new long[one.length + 1];
        all[0] = n;
        System.arraycopy(one, 0, all, 1, one.length);
        return all;
    }

    /** Deeplearning4j's network of the same layers, on the same weights. */
    MultiLayerNetwork network() {
        return network;
    }

    /** {@return the shapes of the input and of what each layer makes of it} */
    InputType[] shapes() {
        return shapes;
    }

    /** All weights, in one row. */
    INDArray weights() {
        return weights;
    }

    /** The gradient that {@link #backward} computed last, in the order of the weights. */
    INDArray gradient() {
        return gradient;
    }

    /** Whether a layer runs in operations chosen here rather than in Deeplearning4j. */
    boolean isFast(int layer) {
        return plan.isKnown(layer);
    }

    /**
     * {@return the embeddings, shape [n, d], valid until the next call}
     *
     * @param examples shape [n, …], in the order of its memory
     * @param training whether {@link #backward} will follow
     */
    INDArray forward(INDArray examples, boolean training) {
        INDArray values = steps.get(0) instanceof FirstConvolution ? examples
                : FastLayers.Foreign.channelsLast(examples.castTo(weights.dataType()));
        for (FastLayer step : steps) {
            values = step.forward(values, training);
        }
        if (values.rank() != 2 || values.size(0) != examples.size(0)) {
            throw new IllegalArgumentException("The base network turns an example into " + BaseNetwork.text(shapes[shapes.length - 1])
                    + " numbers, but an embedding is one vector; end with a dense layer, after a sequence with LastTimeStep or global "
                    + "pooling before it.");
        }
        return values;
    }

    /** Computes the gradient with respect to all weights from that of the embeddings that came last, which is changed. */
    void backward(INDArray dEmbeddings) {
        INDArray d = dEmbeddings;
        for (int k = steps.size() - 1; k >= 0; k--) {
            d = steps.get(k).backward(d, k > 0);
        }
    }

    /** Takes over what normalization has seen; called after the weights were changed. */
    void afterStep() {
        steps.forEach(FastLayer::afterStep);
    }

    /** Gives the memory back at once; the next pass takes new. */
    void release() {
        steps.forEach(FastLayer::release);
    }
}
