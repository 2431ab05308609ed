package siamese.model;

import java.util.random.RandomGenerator;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationReLU;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.broadcast.BroadcastAddOp;
import org.nd4j.linalg.api.ops.impl.broadcast.BroadcastMulOp;
import org.nd4j.linalg.api.ops.impl.broadcast.BroadcastSubOp;
import org.nd4j.linalg.api.ops.impl.scalar.RectifiedLinear;
import org.nd4j.linalg.api.ops.impl.scalar.Step;
import org.nd4j.linalg.api.ops.impl.transforms.same.Square;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;

/** The layers that run as ND4J operations chosen for speed, and the one that asks Deeplearning4j. */
final class FastLayers {

    private FastLayers() {
    }

    /** A layer's weights and biases, and where their gradient belongs; the biases may be absent. */
    record Weights(INDArray weights, INDArray biases, INDArray dWeights, INDArray dBiases) {
    }

    /**
     * A convolution of pictures with their channels last. Deeplearning4j keeps the weights as [filters, channels, rows, columns],
     * but those of a sequence as [steps, 1, features, filters].
     */
    static final class Convolution extends FastLayer {

        private final int[] window;
        private final int filters;
        private final Window shape;
        private final Weights own;
        private INDArray in;

        Convolution(DataType type, Window shape, Weights own, boolean sequence) {
            super(type);
            this.shape = shape;
            this.own = own;
            window = shape.arguments(1, sequence ? 0 : 1); // channels last, and the form of the weights
            filters = (int) own.weights.size(sequence ? 3 : 0);
        }

        private INDArray[] inputs(INDArray... more) {
            INDArray[] inputs = new INDArray[(own.biases == null ? 2 : 3) + more.length];
            inputs[0] = in;
            inputs[1] = own.weights;
            if (own.biases != null) {
                inputs[2] = own.biases;
            }
            System.arraycopy(more, 0, inputs, inputs.length - more.length, more.length);
            return inputs;
        }

        @Override
        INDArray forward(INDArray values, boolean training) {
            in = values;
            INDArray out = array(0, in.size(0), shape.output(0, in.size(1)), shape.output(1, in.size(2)), filters);
            run("conv2d", window, inputs(), out);
            return out;
        }

        @Override
        INDArray backward(INDArray out, boolean wanted) {
            INDArray dIn = like(1, in); // the operation computes it in any case
            if (own.biases == null) {
                run("conv2d_bp", window, inputs(out), dIn, own.dWeights);
            } else {
                run("conv2d_bp", window, inputs(out), dIn, own.dWeights, own.dBiases);
            }
            return dIn;
        }
    }

    /** The largest value or the mean of each window. */
    static final class Pooling extends FastLayer {

        private final Window shape;
        private final String operation;
        private final int[] window;
        private INDArray in;

        Pooling(DataType type, Window shape, boolean max, boolean paddingCounts) {
            super(type);
            this.shape = shape;
            operation = max ? "maxpool2d" : "avgpool2d";
            window = shape.arguments(max || paddingCounts ? 1 : 0, 1); // channels last
        }

        @Override
        INDArray forward(INDArray values, boolean training) {
            in = values;
            INDArray out = array(0, in.size(0), shape.output(0, in.size(1)), shape.output(1, in.size(2)), in.size(3));
            run(operation, window, new INDArray[] {in}, out);
            return out;
        }

        @Override
        INDArray backward(INDArray out, boolean wanted) {
            INDArray dIn = like(1, in).assign(0);
            run(operation + "_bp", window, new INDArray[] {in, out}, dIn);
            return dIn;
        }
    }

    /** A dense layer. */
    static final class Dense extends FastLayer {

        private final Weights own;
        private INDArray in;

        /** The weights as [units, inputs], in the order of their memory. */
        Dense(DataType type, Weights own) {
            super(type);
            this.own = own;
        }

        @Override
        INDArray forward(INDArray values, boolean training) {
            in = values;
            INDArray out = array(0, in.size(0), own.weights.size(0));
            multiply(in, false, own.weights, true, out);
            return own.biases == null ? out : out.addiRowVector(own.biases);
        }

        @Override
        INDArray backward(INDArray out, boolean wanted) {
            multiply(out, true, in, false, own.dWeights);
            if (own.biases != null) {
                sumColumns(out, own.dBiases);
            }
            if (!wanted) {
                return null;
            }
            INDArray dIn = like(1, in);
            multiply(out, false, own.weights, false, dIn);
            return dIn;
        }
    }

    /** A function of each number by itself. */
    static final class Activation extends FastLayer {

        private final IActivation function;
        private INDArray values;

        Activation(DataType type, IActivation function) {
            super(type);
            this.function = function;
        }

        @Override
        INDArray forward(INDArray in, boolean training) {
            if (function instanceof ActivationReLU) {
                values = in;
                return Nd4j.exec(new RectifiedLinear(in, in, 0));
            }
            values = training ? like(0, in).assign(in) : null;
            return function.getActivation(in, training);
        }

        @Override
        INDArray backward(INDArray out, boolean wanted) {
            if (function instanceof ActivationReLU) { // 1 where the value is greater than 0, in place of it: nobody else needs it
                return out.muli(Nd4j.exec(new Step(values, values, 0)));
            }
            return function.backprop(values, out).getFirst();
        }
    }

    /** Numbers set to 0 at random, and the others made larger so that the mean stays; in training only. */
    static final class Dropout extends FastLayer {

        private final double kept;
        private final RandomGenerator random;
        private INDArray mask;

        Dropout(DataType type, double kept, RandomGenerator random) {
            super(type);
            this.kept = kept;
            this.random = random;
        }

        @Override
        INDArray forward(INDArray in, boolean training) {
            if (!training) {
                return in;
            }
            float[] numbers = new float[(int) in.length()];
            for (int k = 0; k < numbers.length; k++) {
                numbers[k] = random.nextFloat() < kept ? (float) (1 / kept) : 0;
            }
            mask = like(0, in).assign(Nd4j.create(numbers, in.shape(), 'c'));
            return like(1, in).assign(in).muli(mask);
        }

        @Override
        INDArray backward(INDArray out, boolean wanted) {
            return out.muli(mask);
        }
    }

    /**
     * Batch normalization (S. Ioffe and C. Szegedy, 2015, arXiv:1502.03167): each channel gets mean β and standard deviation
     * γ over the batch; what is embedded later, by the means and variances that training has seen.
     */
    static final class Normalization extends FastLayer {

        private final INDArray gamma;
        private final INDArray beta;
        private final INDArray dGamma;
        private final INDArray dBeta;
        private final INDArray seenMean;
        private final INDArray seenSpread;
        private final boolean logarithm;
        private final double epsilon;
        private final double decay;
        private INDArray centred;
        private INDArray mean;
        private INDArray variance;
        private INDArray nextMean;
        private INDArray nextVariance;
        private INDArray perDeviation;

        /**
         * γ and β may be fixed, and then have no gradient.
         *
         * @param seenSpread the variance that training has seen, or the decimal logarithm of its root
         */
        Normalization(DataType type, Weights own, INDArray seenMean, INDArray seenSpread, boolean logarithm, double epsilon,
                double decay) {
            super(type);
            gamma = own.weights;
            beta = own.biases;
            dGamma = own.dWeights;
            dBeta = own.dBiases;
            this.seenMean = seenMean;
            this.seenSpread = seenSpread;
            this.logarithm = logarithm;
            this.epsilon = epsilon;
            this.decay = decay;
        }

        @Override
        INDArray forward(INDArray in, boolean training) {
            INDArray values = rows(in);
            INDArray out = like(0, in);
            INDArray seenVariance = logarithm ? Transforms.exp(seenSpread.mul(2 * Math.log(10))) : seenSpread;
            mean = training ? means(values, 3) : seenMean;
            centred = rows(like(1, in));
            Nd4j.exec(new BroadcastSubOp(values, mean, centred, 1));
            variance = training ? means(Nd4j.exec(new Square(centred, rows(out))), 4) : seenVariance;
            if (training) { // taken over after the step, which may shrink all weights
                nextMean = seenMean.mul(decay).addi(mean.mul(1 - decay));
                nextVariance = seenVariance.mul(decay).addi(variance.mul(1 - decay));
            }
            perDeviation = Transforms.pow(variance.add(epsilon), -0.5);
            Nd4j.exec(new BroadcastMulOp(centred, gamma.mul(perDeviation), rows(out), 1));
            Nd4j.exec(new BroadcastAddOp(rows(out), beta, rows(out), 1));
            return out;
        }

        private INDArray means(INDArray values, int number) {
            INDArray sums = array(number, values.size(1));
            sumColumns(values, sums);
            return sums.divi(values.size(0));
        }

        /** dx = γ/σ·(dy − mean(dy) − x̂·mean(dy·x̂)) with x̂ = centred/σ. */
        @Override
        INDArray backward(INDArray out, boolean wanted) {
            INDArray dOut = rows(out);
            INDArray meanOut = means(dOut, 5);
            INDArray product = rows(array(0, out.shape())).assign(dOut).muli(centred);
            INDArray along = array(2, dOut.size(1));
            sumColumns(product, along);
            along.muli(perDeviation); // the sum of dy·x̂
            if (dGamma != null) {
                dGamma.assign(along);
                dBeta.assign(meanOut.mul(dOut.size(0)));
            }
            if (!wanted) {
                return null;
            }
            INDArray scale = gamma.mul(perDeviation);
            Nd4j.exec(new BroadcastSubOp(dOut, meanOut, dOut, 1));
            Nd4j.exec(new BroadcastMulOp(dOut, scale, dOut, 1));
            Nd4j.exec(new BroadcastMulOp(centred, along.mul(scale).muli(perDeviation).divi(dOut.size(0)), centred, 1));
            dOut.subi(centred);
            return out;
        }

        @Override
        void afterStep() {
            seenMean.assign(nextMean);
            seenSpread.assign(logarithm ? Transforms.log(nextVariance).divi(2 * Math.log(10)) : nextVariance);
        }
    }

    /** Pictures with their channels last as vectors in the order that Deeplearning4j's dense layers expect: channel after channel. */
    static final class Flatten extends FastLayer {

        private INDArray in;

        Flatten(DataType type) {
            super(type);
        }

        @Override
        INDArray forward(INDArray values, boolean training) {
            in = values;
            long n = in.size(0);
            INDArray out = array(0, n, in.size(3), in.size(1), in.size(2));
            return out.assign(in.permute(0, 3, 1, 2)).reshape('c', n, in.length() / n);
        }

        @Override
        INDArray backward(INDArray out, boolean wanted) {
            INDArray first = out.reshape('c', in.size(0), in.size(3), in.size(1), in.size(2));
            return like(1, in).assign(first.permute(0, 2, 3, 1));
        }
    }

    /** A layer that Deeplearning4j runs itself; its arrays have the channels first. */
    static final class Foreign extends FastLayer {

        private final MultiLayerNetwork network;
        private final INDArray gradient;
        private final boolean sequenceIn;
        private INDArray in;
        private INDArray out;

        Foreign(DataType type, MultiLayerConfiguration layer, INDArray weights, INDArray gradient, boolean sequenceIn) {
            super(type);
            network = new MultiLayerNetwork(layer);
            if (weights == null) {
                network.init();
            } else {
                network.init(weights, false); // the same memory, not a copy
            }
            this.gradient = gradient;
            this.sequenceIn = sequenceIn;
        }

        @Override
        INDArray forward(INDArray values, boolean training) {
            in = values;
            INDArray own = channelsFirst(values, sequenceIn);
            network.clear();
            if (training) {
                network.setInput(own);
                out = network.feedForward(true, false).get(1);
            } else {
                out = network.output(own, false);
            }
            return channelsLast(out);
        }

        @Override
        INDArray backward(INDArray gradientOut, boolean wanted) {
            INDArray dIn = network.backpropGradient(channelsFirst(gradientOut, out.rank() == 3), LayerWorkspaceMgr.noWorkspaces()).getSecond();
            if (gradient != null) {
                gradient.assign(network.getFlattenedGradients().reshape(gradient.length()));
            }
            return wanted ? channelsLast(dIn).reshape('c', in.shape()) : null;
        }

        static INDArray channelsFirst(INDArray values, boolean sequence) {
            if (values.rank() == 2) {
                return values.dup('c');
            }
            INDArray first = values.permute(0, 3, 1, 2).dup('c');
            return sequence ? first.reshape('c', first.size(0), first.size(1), first.size(2)) : first;
        }

        static INDArray channelsLast(INDArray values) {
            if (values.rank() == 2) {
                return values.dup('c');
            }
            INDArray picture = values.rank() == 3 ? values.dup('c').reshape('c', values.size(0), values.size(1), values.size(2), 1) : values;
            return picture.permute(0, 2, 3, 1).dup('c');
        }
    }
}
