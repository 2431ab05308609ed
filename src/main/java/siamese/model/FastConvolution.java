package siamese.model;

import java.util.Collection;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.gradient.DefaultGradient;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.params.ConvolutionParamInitializer;
import org.deeplearning4j.nn.workspace.ArrayType;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.blas.params.MMulTranspose;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.reduce.Mmul;
import org.nd4j.linalg.convolution.Convolution;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Deeplearning4j's convolution with ReLU, stride 1 and no padding, trained without two pieces of work that it does for
 * nothing. It computes the forward pass a second time within the backward pass; this one remembers its output, from
 * which ReLU's slope can be read as well. And where the input is a picture, nobody needs the gradient with respect to
 * the input; this one leaves it 0 there and computes the weights' gradient as a matrix product. The gradients of all
 * weights are the same; a test compares them.
 */
final class FastConvolution extends ConvolutionLayer {

    private static final long serialVersionUID = 1;

    /** For Deeplearning4j's JSON. */
    @SuppressWarnings("unused")
    private FastConvolution() {
    }

    FastConvolution(Builder builder) {
        super(builder.activation(Activation.RELU).stride(1, 1).padding(0, 0).convolutionMode(ConvolutionMode.Truncate));
    }

    @Override
    public Layer instantiate(NeuralNetConfiguration conf, Collection<TrainingListener> listeners, int layerIndex,
            INDArray parameters, boolean initialize, DataType dataType) {
        Implementation layer = new Implementation(conf, dataType);
        layer.setListeners(listeners);
        layer.setIndex(layerIndex);
        layer.setParamsViewArray(parameters);
        layer.setParamTable(initializer().init(conf, parameters, initialize));
        layer.setConf(conf);
        return layer;
    }

    /** What computes. */
    private static final class Implementation extends org.deeplearning4j.nn.layers.convolution.ConvolutionLayer {

        private static final long serialVersionUID = 1;

        /** What the last forward pass of training gave; valid until the backward pass that follows it. */
        private transient INDArray output;

        Implementation(NeuralNetConfiguration conf, DataType dataType) {
            super(conf, dataType);
        }

        @Override
        public INDArray activate(boolean training, LayerWorkspaceMgr workspaces) {
            output = null;
            INDArray activation = super.activate(training, workspaces);
            output = training ? activation : null;
            return activation;
        }

        @Override
        protected Pair<INDArray, INDArray> preOutput(boolean training, boolean forBackprop, LayerWorkspaceMgr workspaces) {
            return forBackprop && output != null ? new Pair<>(output, null) : super.preOutput(training, forBackprop, workspaces);
        }

        @Override
        public Pair<Gradient, INDArray> backpropGradient(INDArray epsilon, LayerWorkspaceMgr workspaces) {
            boolean picture = layerConf().getNIn() == 1 && helper != null && output != null && input.dataType() == DataType.FLOAT;
            Pair<Gradient, INDArray> gradient = picture ? weightGradient(epsilon, workspaces) : super.backpropGradient(epsilon, workspaces);
            output = null;
            return gradient;
        }

        private Pair<Gradient, INDArray> weightGradient(INDArray epsilon, LayerWorkspaceMgr workspaces) {
            INDArray delta = layerConf().getActivationFn().backprop(output, epsilon).getFirst();
            long n = delta.size(0);
            long filters = delta.size(1);
            long positions = delta.size(2) * delta.size(3);
            int[] kernel = layerConf().getKernelSize();
            long area = (long) kernel[0] * kernel[1];
            INDArray patches = Nd4j.createUninitialized(DataType.FLOAT, n, 1, kernel[0], kernel[1], delta.size(2), delta.size(3));
            Convolution.im2col(input, kernel[0], kernel[1], 1, 1, 0, 0, 1, 1, false, patches);
            INDArray deltas = delta.reshape('c', n, filters, positions);
            INDArray products = Nd4j.createUninitialized(DataType.FLOAT, n, filters, area);
            Nd4j.exec(new Mmul(deltas, patches.reshape('c', n, area, positions), products,
                    MMulTranspose.builder().transposeB(true).build()));
            INDArray weights = gradientViews.get(ConvolutionParamInitializer.WEIGHT_KEY);
            INDArray biases = gradientViews.get(ConvolutionParamInitializer.BIAS_KEY);
            weights.assign(products.sum(0).reshape(weights.shape()));
            biases.assign(deltas.sum(2).sum(0).reshape(biases.shape()));
            Gradient gradient = new DefaultGradient();
            gradient.setGradientFor(ConvolutionParamInitializer.WEIGHT_KEY, weights, 'c');
            gradient.setGradientFor(ConvolutionParamInitializer.BIAS_KEY, biases);
            return new Pair<>(gradient, workspaces.create(ArrayType.ACTIVATION_GRAD, DataType.FLOAT, input.shape()));
        }
    }
}
