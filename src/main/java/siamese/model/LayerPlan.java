package siamese.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.WorkspaceMode;
import org.deeplearning4j.nn.conf.dropout.Dropout;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.Convolution1DLayer;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.DropoutLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.conf.layers.Subsampling1DLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationIdentity;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** Decides for each layer of a base network whether it is known here, and in which steps it then runs. */
final class LayerPlan {

    /** Functions of one number that never fall: they may change places with max-pooling. */
    private static final Set<Class<?>> GROWING = classes(Activation.IDENTITY, Activation.RELU, Activation.TANH,
            Activation.SIGMOID, Activation.SOFTPLUS, Activation.ELU);
    /** Other functions of one number. */
    private static final Set<Class<?>> ELEMENTWISE = classes(Activation.LEAKYRELU, Activation.GELU, Activation.SWISH,
            Activation.CUBE);
    /** Numbers of a first convolution's patches for one picture, above which they would take too much memory. */
    private static final long MOST_PATCHES = 1 << 17;

    private final MultiLayerNetwork network;
    private final INDArray weights;
    private final INDArray gradient;
    private final InputType[] shapes;
    private final DataType type;
    private final List<FastLayer> steps = new ArrayList<>();
    /** The activation that waits for what comes next. */
    private IActivation pending = new ActivationIdentity();

    /**
     * @param network initialized
     * @param weights all of the network's, in one row
     * @param gradient where the gradient with respect to them goes
     * @param shapes of the input, and of the output of each layer
     */
    LayerPlan(MultiLayerNetwork network, INDArray weights, INDArray gradient, InputType[] shapes) {
        this.network = network;
        this.weights = weights;
        this.gradient = gradient;
        this.shapes = shapes;
        type = weights.dataType();
    }

    /** {@return the steps from an example to its embedding} */
    List<FastLayer> steps() {
        for (int k = 0; k < network.getnLayers(); k++) {
            add(k);
        }
        activate();
        if (shapes[shapes.length - 1].getType() == InputType.Type.CNN) { // as in 1993: what is left is the embedding
            steps.add(new FastLayers.Flatten(type));
        }
        return steps;
    }

    private static Set<Class<?>> classes(Activation... functions) {
        return Stream.of(functions).map(f -> f.getActivationFunction().getClass()).collect(Collectors.toSet());
    }

    private Layer layer(int k) {
        // a wrapper hides itself in network.getLayer(k)
        return network.getLayerWiseConfigurations().getConf(k).getLayer();
    }

    /** Whether a layer runs in operations chosen here. */
    boolean isKnown(int k) {
        Layer layer = layer(k);
        Class<?> kind = layer.getClass();
        if (layer.getIDropout() != null && !(layer.getIDropout() instanceof Dropout)
                || layer instanceof BaseLayer weighted && weighted.getWeightNoise() != null) {
            return false;
        }
        boolean picture = shapes[k].getType() == InputType.Type.CNN;
        boolean sequence = shapes[k].getType() == InputType.Type.RNN;
        if (layer instanceof ConvolutionLayer own) {
            return (kind == ConvolutionLayer.class && picture || kind == Convolution1DLayer.class && sequence)
                    && isFirst(own.getCnn2dDataFormat()) && own.getConvolutionMode() != ConvolutionMode.Causal
                    && (isCut(k, own) || !Window.of(own).isDilated()) // oneDNN refuses some dilations
                    && isElementwise(own.getActivationFn());
        } else if (layer instanceof SubsamplingLayer own) {
            return (kind == SubsamplingLayer.class && picture || kind == Subsampling1DLayer.class && sequence)
                    && isFirst(own.getCnn2dDataFormat()) && own.getConvolutionMode() != ConvolutionMode.Causal
                    && !Window.of(own).isDilated() // ND4J's operation leaves no gaps
                    && (own.getPoolingType() == PoolingType.MAX || own.getPoolingType() == PoolingType.AVG);
        } else if (layer instanceof BatchNormalization own) {
            return !sequence && isFirst(own.getCnn2DFormat());
        } else if (kind == DenseLayer.class) {
            DenseLayer own = (DenseLayer) layer;
            return !sequence && !own.hasLayerNorm() && isElementwise(own.getActivationFn());
        }
        return kind == DropoutLayer.class || layer instanceof ActivationLayer own
                && isElementwise(own.getActivationFn());
    }

    private static boolean isFirst(CNN2DFormat format) {
        return format == null || format == CNN2DFormat.NCHW;
    }

    private static boolean isElementwise(IActivation function) {
        return GROWING.contains(function.getClass()) || ELEMENTWISE.contains(function.getClass());
    }

    private void add(int k) {
        Layer layer = layer(k);
        if (layer.getIDropout() instanceof Dropout dropout) {
            activate();
            steps.add(new FastLayers.Dropout(type, dropout.getP()));
        }
        if (layer instanceof SubsamplingLayer pooling && isKnown(k)) {
            addPooling(k, pooling);
            return;
        }
        activate();
        if (!isKnown(k)) {
            addForeign(k);
        } else if (layer instanceof ConvolutionLayer convolution) {
            addConvolution(k, convolution);
        } else if (layer instanceof DenseLayer dense) {
            if (shapes[k].getType() == InputType.Type.CNN) {
                steps.add(new FastLayers.Flatten(type));
            }
            long[] w = network.getLayer(k).getParam("W").shape();
            steps.add(new FastLayers.Dense(type, own(k, w[1], w[0]))); // columns stand one after another in its memory
            pending = dense.getActivationFn();
        } else if (layer instanceof ActivationLayer activation) {
            pending = activation.getActivationFn();
        } else if (layer instanceof BatchNormalization normalization) {
            addNormalization(k, normalization);
        }
    }

    /** Adds the activation that has waited. */
    private void activate() {
        if (!(pending instanceof ActivationIdentity)) {
            steps.add(new FastLayers.Activation(type, pending));
        }
        pending = new ActivationIdentity();
    }

    private void addConvolution(int k, ConvolutionLayer layer) {
        Window window = Window.of(layer);
        boolean sequence = layer instanceof Convolution1DLayer;
        // [filters, channels, rows, columns], whatever its memory holds
        long[] w = network.getLayer(k).getParam("W").shape();
        FastLayers.Weights own = own(k, sequence ? new long[] {w[2], 1, w[1], w[0]} : w);
        steps.add(isCut(k, layer) ? first(layer, own) : new FastLayers.Convolution(type, window, own, sequence));
        pending = layer.getActivationFn();
    }

    /** Whether a convolution is the first step, of pictures, and can be a product of matrices. */
    private boolean isCut(int k, ConvolutionLayer layer) {
        if (k > 0 || shapes[0].getType() != InputType.Type.CNN || layer.getIDropout() != null
                || type != DataType.FLOAT || Window.of(layer).same()) {
            return false;
        }
        long patch = (long) layer.getKernelSize()[0] * layer.getKernelSize()[1] * shapes[0].getShape()[0] + 1;
        return patch * needed(1, 0) * needed(1, 1) <= MOST_PATCHES;
    }

    /** The first convolution with the pooling behind it. */
    private FastLayer first(ConvolutionLayer layer, FastLayers.Weights own) {
        int behind = isPooledAtOnce() ? 2 : 1;
        return new FirstConvolution(Window.of(layer),
                behind == 2 ? Window.of((SubsamplingLayer) layer(1)) : Window.ONE_PLACE, own,
                IntStream.range(0, 3).map(k -> (int) shapes[0].getShape()[k]).toArray(), needed(behind, 0),
                needed(behind, 1));
    }

    /** Whether the second layer is a max-pooling of windows beside each other, and nothing is in the way. */
    private boolean isPooledAtOnce() {
        return network.getnLayers() > 1 && layer(1) instanceof SubsamplingLayer pooling && isKnown(1)
                && pooling.getIDropout() == null
                && pooling.getPoolingType() == PoolingType.MAX && Window.of(pooling).tiles()
                && GROWING.contains(((ConvolutionLayer) layer(0)).getActivationFn().getClass());
    }

    /** How much of the input of a layer reaches an embedding, along an axis (0 rows, 1 columns). */
    private int needed(int k, int axis) {
        InputType.InputTypeConvolutional shape = (InputType.InputTypeConvolutional) shapes[k];
        int all = (int) (axis == 0 ? shape.getHeight() : shape.getWidth());
        if (k == network.getnLayers() || !isKnown(k)) {
            return all;
        }
        Layer layer = layer(k);
        if (layer instanceof ActivationLayer || layer instanceof DropoutLayer) {
            return needed(k + 1, axis);
        }
        Window window = layer instanceof ConvolutionLayer c ? Window.of(c) : layer instanceof SubsamplingLayer s
                ? Window.of(s) : null;
        return window == null || window.isPadded() ? all : window.input(axis, needed(k + 1, axis));
    }

    private void addPooling(int k, SubsamplingLayer layer) {
        if (k == 1 && steps.size() == 1 && steps.get(0) instanceof FirstConvolution && isPooledAtOnce()) {
            return; // is done there
        }
        boolean max = layer.getPoolingType() == PoolingType.MAX;
        IActivation later = max && GROWING.contains(pending.getClass()) ? pending : new ActivationIdentity();
        if (later != pending) {
            activate();
        }
        steps.add(new FastLayers.Pooling(type, Window.of(layer), max, layer.isAvgPoolIncludePadInDivisor()));
        pending = later;
    }

    private void addNormalization(int k, BatchNormalization layer) {
        INDArray mean = view(k, "mean", weights);
        FastLayers.Weights own = layer.isLockGammaBeta()
                ? new FastLayers.Weights(Nd4j.valueArrayOf(mean.shape(), layer.getGamma(), type),
                        Nd4j.valueArrayOf(mean.shape(), layer.getBeta(), type), null, null)
                : new FastLayers.Weights(view(k, "gamma", weights), view(k, "beta", weights),
                view(k, "gamma", gradient), view(k, "beta", gradient));
        steps.add(new Normalization(type, own, mean, view(k, layer.isUseLogStd() ? "log10stdev" : "var", weights),
                layer.isUseLogStd(), layer.getEps(), layer.getDecay()));
    }

    private void addForeign(int k) {
        Layer own = layer(k).clone();
        if (own.getIDropout() instanceof Dropout) {
            own.setIDropout(null); // has its own step
        }
        MultiLayerConfiguration alone = BaseNetwork.common(0).trainingWorkspaceMode(WorkspaceMode.NONE)
                .inferenceWorkspaceMode(WorkspaceMode.NONE).list().layer(own).setInputType(shapes[k]).build();
        alone.setDataType(type);
        long from = IntStream.range(0, k).mapToLong(before -> network.getLayer(before).numParams()).sum();
        long to = from + network.getLayer(k).numParams();
        steps.add(new ForeignLayer(type, alone, to == from ? null : part(weights, from, to), to == from ? null
                : part(gradient, from, to), shapes[k].getType() == InputType.Type.RNN));
    }

    private static INDArray part(INDArray row, long from, long to) {
        return row.get(NDArrayIndex.interval(from, to));
    }

    /** Weights in a given shape, biases, and where their gradient belongs. */
    private FastLayers.Weights own(int k, long... shape) {
        boolean biased = network.getLayer(k).getParam("b") != null;
        return new FastLayers.Weights(view(k, "W", weights).reshape('c', shape), biased ? view(k, "b", weights) : null,
                view(k, "W", gradient).reshape('c', shape), biased ? view(k, "b", gradient) : null);
    }

    /** The place of a layer's parameters in a row of all. */
    private INDArray view(int k, String name, INDArray row) {
        INDArray own = network.getLayer(k).getParam(name);
        long from = own.offset() - network.params().offset();
        return part(row, from, from + own.length());
    }
}
