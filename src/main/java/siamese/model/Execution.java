package siamese.model;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.apache.commons.lang3.Validate;
import org.deeplearning4j.nn.api.layers.IOutputLayer;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import siamese.data.Examples;

/**
 * A base network at work, forward and backward. Layers that are known here run in those operations of ND4J that are
 * fastest for them, on the weights of the Deeplearning4j network that defines them; any other layer is run by
 * Deeplearning4j itself. A test compares embeddings and gradients with Deeplearning4j's. What is spared:
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

    /** Down and right, in pixels: how a picture is moved to be looked at again. */
    static final int[][] VIEWS = {{0, 0}, {0, -1}, {0, 1}, {-1, 0}, {1, 0}};

    private static final int EMBEDDING_BATCH = 256;
    /** No layer's output shall have more numbers than this in a batch of embedding. */
    private static final long EMBEDDING_NUMBERS = 1 << 25;

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
        List<INDArray> outputs;
        try {
            network.init();
            outputs = network.feedForward(Nd4j.zeros(type, shape(base.input(), 2)), false);
        } catch (RuntimeException e) {
            throw base.misfit(e);
        }
        Validate.isTrue(Arrays.stream(network.getLayers()).noneMatch(IOutputLayer.class::isInstance), "The base "
                + "network has a layer with a loss of its own; leave it out, and end with a dense layer.");
        Validate.isTrue(network.numParams() != 0, "The base network has no weights, so nothing can be learned; add a "
                + "dense layer.");
        shapes = outputs.stream().map(Execution::shape).toArray(InputType[]::new);
        shapes[0] = base.input();
        weights = network.params().reshape(network.numParams());
        gradient = Nd4j.create(type, network.numParams());
        plan = new LayerPlan(network, weights, gradient, shapes);
        steps = plan.steps();
        try {
            forward(Nd4j.zeros(DataType.FLOAT, shape(base.input(), 2)), false);
        } finally {
            release();
        }
    }

    private static long[] shape(InputType input, long n) {
        return LongStream.concat(LongStream.of(n), LongStream.of(input.getShape())).toArray();
    }

    /** What a layer really made, which Deeplearning4j does not always foretell rightly. */
    private static InputType shape(INDArray output) {
        return output.rank() == 2 ? InputType.feedForward(output.size(1))
                : output.rank() == 3 ? InputType.recurrent(output.size(1), output.size(2))
                : InputType.convolutional(output.size(2), output.size(3), output.size(1));
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
                : ForeignLayer.channelsLast(examples.castTo(weights.dataType()));
        for (FastLayer step : steps) {
            values = step.forward(values, training);
        }
        Validate.isTrue(values.rank() == 2 && values.size(0) == examples.size(0), "The base network turns an example "
                + "into %s numbers, but an embedding is one vector; end with a dense layer, behind LastTimeStep or "
                + "global pooling where there is a sequence.", BaseNetwork.text(shapes[shapes.length - 1]));
        return values;
    }

    /**
     * {@return the embeddings of examples, the means over some views of each}
     *
     * @param views 1, or of pictures 5
     */
    double[][] embed(Examples examples, int[] indices, int views) {
        double[][] embeddings = new double[indices.length][];
        long largest = LongStream.concat(Arrays.stream(shapes).mapToLong(InputType::arrayElementsPerExample),
                steps.stream().mapToLong(FastLayer::kept)).max().orElseThrow();
        int size = (int) Math.max(1, Math.min(EMBEDDING_BATCH, EMBEDDING_NUMBERS / largest));
        try {
            for (int from = 0; from < indices.length; from += size) {
                INDArray batch = examples.batch(Arrays.copyOfRange(indices, from,
                        Math.min(from + size, indices.length)));
                INDArray sum = forward(batch, false).dup('c');
                for (int v = 1; v < views; v++) {
                    sum.addi(forward(moved(batch, VIEWS[v][0], VIEWS[v][1]), false));
                }
                double[] values = sum.divi(views).data().asDouble();
                int width = (int) sum.size(1);
                for (int k = 0; k < batch.size(0); k++) {
                    embeddings[from + k] = Arrays.copyOfRange(values, width * k, width * (k + 1));
                }
            }
        } finally {
            release();
        }
        return embeddings;
    }

    /** {@return pictures of shape [n, channels, rows, columns], all moved by whole pixels; what comes in is paper} */
    private static INDArray moved(INDArray pictures, int down, int right) {
        INDArray moved = Nd4j.zeros(pictures.shape());
        part(moved, down, right).assign(part(pictures, -down, -right));
        return moved;
    }

    /** What is left of pictures when they are moved: all but the first rows and columns, or but the last ones. */
    private static INDArray part(INDArray pictures, int down, int right) {
        return pictures.get(NDArrayIndex.all(), NDArrayIndex.all(),
                NDArrayIndex.interval(Math.max(0, down), pictures.size(2) + Math.min(0, down)),
                NDArrayIndex.interval(Math.max(0, right), pictures.size(3) + Math.min(0, right)));
    }

    /**
     * Computes the gradient with respect to all weights from that of the embeddings that came last, which is changed.
     */
    void backward(INDArray dEmbeddings) {
        INDArray d = dEmbeddings;
        for (int k = steps.size() - 1; k >= 0; k--) {
            d = steps.get(k).backward(d, k > 0);
        }
    }

    /** Begins anew what is drawn at random. */
    void seed(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        steps.forEach(step -> step.seed(random.nextLong()));
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
