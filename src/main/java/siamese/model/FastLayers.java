package siamese.model;

import java.util.Objects;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationReLU;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.scalar.RectifiedLinear;
import org.nd4j.linalg.api.ops.impl.scalar.Step;
import org.nd4j.linalg.factory.Nd4j;

/** Layers that run as ND4J operations chosen for speed. */
final class FastLayers {

    private FastLayers() {
    }

    /** A layer's weights and biases, and where their gradient belongs; the biases may be absent. */
    record Weights(INDArray weights, INDArray biases, INDArray dWeights, INDArray dBiases) {
    }

    /** {@return the arrays that are there} */
    private static INDArray[] present(INDArray... arrays) {
        return Stream.of(arrays).filter(Objects::nonNull).toArray(INDArray[]::new);
    }

    /**
     * A convolution of pictures with their channels last. Deeplearning4j keeps the weights as [filters, channels, rows,
     * columns], but those of a sequence as [steps, 1, features, filters].
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

        @Override
        INDArray forward(INDArray values, boolean training) {
            in = values;
            INDArray out = array(0, in.size(0), shape.output(0, in.size(1)), shape.output(1, in.size(2)), filters);
            run("conv2d", window, present(in, own.weights, own.biases), out);
            return out;
        }

        @Override
        INDArray backward(INDArray out, boolean wanted) {
            INDArray dIn = like(1, in); // the operation computes it in any case
            run("conv2d_bp", window, present(in, own.weights, own.biases, out),
                    present(dIn, own.dWeights, own.dBiases));
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
            INDArray dIn = like(1, in);
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
            // 1 where the value is greater than 0, in place of it: nobody else needs it
            if (function instanceof ActivationReLU) {
                return out.muli(Nd4j.exec(new Step(values, values, 0)));
            }
            return function.backprop(values, out).getFirst();
        }
    }

    /** Numbers set to 0 at random, and the others made larger so that the mean stays; in training only. */
    static final class Dropout extends FastLayer {

        private final double share;
        private RandomGenerator random = new SplittableRandom(0);
        private INDArray mask;

        Dropout(DataType type, double share) {
            super(type);
            this.share = share;
        }

        @Override
        void seed(long seed) {
            random = new SplittableRandom(seed);
        }

        @Override
        INDArray forward(INDArray in, boolean training) {
            if (!training) {
                return in;
            }
            float[] numbers = new float[(int) in.length()];
            for (int k = 0; k < numbers.length; k++) {
                numbers[k] = random.nextFloat() < share ? (float) (1 / share) : 0;
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
     * Pictures with their channels last as vectors in the order that Deeplearning4j's dense layers expect: channel
     * after channel.
     */
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
}
