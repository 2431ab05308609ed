package siamese.model;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.Convolution1DLayer;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.DropoutLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.conf.layers.Subsampling1DLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.conf.layers.recurrent.LastTimeStep;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import siamese.data.Examples;
import siamese.data.LabeledImages;
import siamese.model.TrainingListener.Progress;

/** Base networks of many kinds, the five of the benchmark first, and examples for each. */
final class SomeNetworks {

    private SomeNetworks() {
    }

    static Map<String, BaseNetwork> all() {
        Map<String, BaseNetwork> networks = new LinkedHashMap<>(benchmark());
        networks.put("LSTM", BaseNetwork.of(InputType.recurrent(3, 20),
                new Convolution1DLayer.Builder(5).nOut(6).activation(Activation.TANH).build(),
                new LastTimeStep(new LSTM.Builder().nOut(7).activation(Activation.TANH).build()),
                new DenseLayer.Builder().nOut(5).build()));
        networks.put("sequence", BaseNetwork.of(InputType.recurrent(4, 30),
                new Convolution1DLayer.Builder(5).stride(2).nOut(6).activation(Activation.RELU).build(),
                new Subsampling1DLayer.Builder(Subsampling1DLayer.PoolingType.MAX, 2, 2).build(),
                new Convolution1DLayer.Builder(3).nOut(5).activation(Activation.TANH).build(),
                new GlobalPoolingLayer(PoolingType.AVG),
                new DenseLayer.Builder().nOut(3).build()));
        networks.put("padding, strides, average", BaseNetwork.of(InputType.convolutional(13, 11, 2),
                convolution(3, 3, 5, Activation.TANH).stride(2, 1).padding(1, 2).build(),
                new SubsamplingLayer.Builder(SubsamplingLayer.PoolingType.AVG).kernelSize(3, 2).stride(1, 2).padding(1, 1).build(),
                convolution(2, 3, 6, Activation.SIGMOID).convolutionMode(ConvolutionMode.Same).hasBias(false).build(),
                new SubsamplingLayer.Builder(SubsamplingLayer.PoolingType.MAX).kernelSize(3, 3).stride(2, 2).build(),
                new DenseLayer.Builder().nOut(9).hasBias(false).activation(Activation.LEAKYRELU).build(),
                new BatchNormalization.Builder().build(),
                new DenseLayer.Builder().nOut(4).activation(Activation.ELU).build()));
        networks.put("foreign convolution first", BaseNetwork.of(InputType.convolutional(9, 9, 1),
                convolution(3, 3, 4, Activation.SOFTMAX).build(),
                convolution(3, 3, 4, Activation.RELU).dilation(2, 2).build(),
                new DenseLayer.Builder().nOut(3).build()));
        networks.put("one dense layer", BaseNetwork.of(InputType.convolutional(6, 5, 1), new DenseLayer.Builder().nOut(1).build()));
        networks.put("twin 2 of 1993", BaseNetwork.of(InputType.convolutional(8, 200, 1),
                convolution(8, 9, 6, Activation.TANH).build(), mean(), convolution(1, 8, 4, Activation.TANH).build(), mean()));
        networks.put("vectors", BaseNetwork.of(InputType.feedForward(7), new DenseLayer.Builder().nOut(6).activation(Activation.RELU).build(),
                new DenseLayer.Builder().nOut(2).build()));
        networks.put("pooling with gaps", BaseNetwork.of(InputType.convolutional(12, 10, 2),
                convolution(3, 3, 4, Activation.TANH).build(),
                new SubsamplingLayer.Builder(2, 2).stride(1, 1).dilation(2, 2).build(),
                new DenseLayer.Builder().nOut(5).activation(Activation.IDENTITY).build()));
        networks.put("dilated and padded first", BaseNetwork.of(InputType.convolutional(12, 10, 3),
                convolution(3, 2, 4, Activation.RELU).dilation(2, 1).padding(2, 1).build(),
                new SubsamplingLayer.Builder(SubsamplingLayer.PoolingType.MAX).kernelSize(3, 2).stride(3, 2).build(),
                new DenseLayer.Builder().nOut(4).build()));
        return networks;
    }

    /** Two layers of the same size that leave numbers out at random, and normalization; the draw makes it no part of all. */
    static BaseNetwork dropout() {
        return BaseNetwork.of(InputType.convolutional(8, 8, 1), convolution(3, 3, 4, Activation.RELU).build(),
                new BatchNormalization.Builder().build(),
                new DenseLayer.Builder().nOut(30).activation(Activation.TANH).dropOut(0.8).build(),
                new DropoutLayer.Builder(0.5).build(),
                new DenseLayer.Builder().nOut(30).dropOut(0.5).build());
    }

    /** The five of {@code course.py bench}. */
    static Map<String, BaseNetwork> benchmark() {
        Map<String, BaseNetwork> networks = new LinkedHashMap<>();
        networks.put("overview", BaseNetwork.overview(28, 28, 1));
        Layer[] blocks = IntStream.range(0, 4).boxed().flatMap(k -> java.util.stream.Stream.of(
                convolution(3, 3, 64, Activation.IDENTITY).convolutionMode(ConvolutionMode.Same).build(),
                new BatchNormalization.Builder().build(),
                new ActivationLayer.Builder().activation(Activation.RELU).build(), pool())).toArray(Layer[]::new);
        networks.put("four blocks", BaseNetwork.of(InputType.convolutional(28, 28, 1), blocks).then(new DenseLayer.Builder().nOut(64).build()));
        networks.put("faces", BaseNetwork.of(InputType.convolutional(56, 46, 1), convolution(5, 5, 32, Activation.RELU).build(), pool(),
                convolution(3, 3, 64, Activation.RELU).build(), pool(), convolution(3, 3, 128, Activation.RELU).build(), pool(),
                new DenseLayer.Builder().nOut(128).build()));
        networks.put("colour", BaseNetwork.of(InputType.convolutional(64, 64, 3), convolution(3, 3, 32, Activation.RELU).build(), pool(),
                convolution(3, 3, 64, Activation.RELU).build(), pool(), convolution(3, 3, 64, Activation.RELU).build(), pool(),
                new DenseLayer.Builder().nOut(128).build()));
        networks.put("strokes", BaseNetwork.of(InputType.convolutional(8, 200, 1),
                convolution(1, 10, 32, Activation.RELU).stride(1, 2).build(),
                convolution(1, 10, 64, Activation.RELU).stride(1, 2).build(),
                convolution(8, 10, 64, Activation.RELU).stride(1, 3).build(),
                new DenseLayer.Builder().nOut(64).build()));
        return networks;
    }

    private static ConvolutionLayer.Builder convolution(int rows, int columns, int filters, Activation activation) {
        return new ConvolutionLayer.Builder(rows, columns).nOut(filters).activation(activation);
    }

    private static SubsamplingLayer mean() {
        return new SubsamplingLayer.Builder(SubsamplingLayer.PoolingType.AVG).kernelSize(1, 3).stride(1, 3).build();
    }

    private static SubsamplingLayer pool() {
        return new SubsamplingLayer.Builder(2, 2).stride(2, 2).build();
    }

    /** {@return the overview's network; with the cosine distance its embedding has no activation} */
    static SiameseNetwork overview(boolean cosine, long seed) {
        return cosine ? new SiameseNetwork(BaseNetwork.overview(28, 28, 1, Activation.IDENTITY), Distance.COSINE, seed)
                : SiameseNetwork.overview(seed);
    }

    /** Bars at a place of their own for each class, with noise: easy, but nothing is alike to the pixel. */
    static LabeledImages bars(int classes, int perClass, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int size = 28;
        byte[] pixels = new byte[classes * perClass * size * size];
        int[] labels = new int[classes * perClass];
        for (int i = 0; i < labels.length; i++) {
            labels[i] = i % classes;
            int row = 3 + 5 * labels[i];
            for (int p = 0; p < size * size; p++) {
                boolean ink = p / size >= row && p / size < row + 3;
                pixels[i * size * size + p] = (byte) ((ink ? 155 : 0) + random.nextInt(100));
            }
        }
        return new LabeledImages("bars", size, size, classes, pixels, labels);
    }

    /** {@return a listener that passes on where training stands after each batch} */
    static TrainingListener each(Consumer<Progress> seen) {
        return new TrainingListener() {
            @Override
            public void onBatch(Progress progress) {
                seen.accept(progress);
            }
        };
    }

    /** Noise around a middle of its own for each class. */
    record Noise(int size, int classes, int[] shape, long seed) implements Examples {

        @Override
        public int label(int i) {
            return i % classes;
        }

        @Override
        public String source() {
            return "noise";
        }

        @Override
        public String fingerprint() {
            return String.format("%016x", hashCode());
        }

        @Override
        public INDArray batch(int... indices) {
            int length = IntStream.of(shape).reduce(1, (a, b) -> a * b);
            float[] values = new float[indices.length * length];
            for (int k = 0; k < indices.length; k++) {
                Random middle = new Random(seed * 1000 + label(indices[k]));
                SplittableRandom own = new SplittableRandom(seed + 7L * indices[k]);
                for (int j = 0; j < length; j++) {
                    values[k * length + j] = 0.6f * middle.nextFloat() + 0.4f * (float) own.nextDouble();
                }
            }
            long[] all = new long[shape.length + 1];
            all[0] = indices.length;
            IntStream.range(0, shape.length).forEach(d -> all[d + 1] = shape[d]);
            return Nd4j.createFromArray(values).reshape('c', all);
        }

        @Override
        public int hashCode() {
            return java.util.Objects.hash(size, classes, java.util.Arrays.hashCode(shape), seed);
        }
    }

    static Noise examples(BaseNetwork base, int size, int classes) {
        return new Noise(size, classes, java.util.Arrays.stream(base.input().getShape()).mapToInt(v -> (int) v).toArray(), 5);
    }
}
