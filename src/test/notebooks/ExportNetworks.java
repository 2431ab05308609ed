import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.Convolution1DLayer;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.DropoutLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.conf.layers.Subsampling1DLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.activations.impl.ActivationGELU;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import siamese.data.Examples;
import siamese.data.LabeledImages;
import siamese.data.Mnist;
import siamese.model.BaseNetwork;
import siamese.model.Distance;
import siamese.model.Recipe;
import siamese.model.SiameseNetwork;

/** Trains networks of many kinds a little, and writes each as ONNX with 1,000 examples and what it makes of them. */
class ExportNetworks {

    private static final int COUNT = 1_000;

    /** Noise around a middle of its own for each of four classes. */
    record Noise(int[] shape, long seed) implements Examples {

        @Override
        public int size() {
            return COUNT;
        }

        @Override
        public int classes() {
            return 4;
        }

        @Override
        public int label(int i) {
            return i % 4;
        }

        @Override
        public String source() {
            return "noise";
        }

        @Override
        public String fingerprint() {
            return "0123456789abcdef";
        }

        @Override
        public INDArray batch(int... indices) {
            int length = IntStream.of(shape).reduce(1, (a, b) -> a * b);
            float[] values = new float[indices.length * length];
            for (int k = 0; k < indices.length; k++) {
                Random middle = new Random(100 + label(indices[k]));
                Random own = new Random(seed + indices[k]);
                for (int j = 0; j < length; j++) {
                    values[k * length + j] = 0.6f * middle.nextFloat() + 0.4f * own.nextFloat();
                }
            }
            return Nd4j.createFromArray(values).reshape('c',
                    IntStream.concat(IntStream.of(indices.length), IntStream.of(shape)).asLongStream().toArray());
        }
    }

    private static Path folder;

    public static void main(String[] args) throws IOException {
        folder = Path.of(args[0]);
        Recipe recipe = Recipe.overview().withEpochs(1);
        Mnist mnist = Mnist.load();
        LabeledImages train = mnist.train().sampleOfEachClass(120, 1, mnist.train().source() + ", 120 a digit");
        LabeledImages test = mnist.test().sampleOfEachClass(COUNT / 10, 1, mnist.test().source() + ", test");
        SiameseNetwork overview = SiameseNetwork.overview(1);
        overview.fit(train, null, recipe.withEpochs(4));
        write("overview", overview, test, 0.5);
        write("five-views", overview.withViews(5), test, 0.5);
        SiameseNetwork cosine = new SiameseNetwork(BaseNetwork.overview(28, 28, 1, Activation.IDENTITY), Distance.COSINE, 1);
        cosine.fit(train, null, recipe);
        write("cosine", cosine, test);

        write("faces", Distance.EUCLIDEAN, InputType.convolutional(56, 46, 1),
                convolution(5, 5, 32, Activation.IDENTITY).build(), new BatchNormalization.Builder().build(),
                new ActivationLayer.Builder().activation(Activation.RELU).build(), pool(PoolingType.AVG, 2, 2).build(),
                convolution(3, 3, 64, Activation.RELU).build(), new BatchNormalization.Builder().useLogStd(true).build(),
                pool(PoolingType.MAX, 2, 2).build(), convolution(3, 3, 128, Activation.RELU).build(),
                new BatchNormalization.Builder().lockGammaBeta(true).gamma(0.5).beta(0.1).build(),
                pool(PoolingType.AVG, 2, 2).build(), new DropoutLayer.Builder(0.5).build(),
                new DenseLayer.Builder().nOut(128).dropOut(0.8).build(), new BatchNormalization.Builder().build());
        write("twin-1993", Distance.COSINE, InputType.convolutional(8, 200, 1),
                convolution(8, 11, 12, Activation.TANH).stride(1, 3).build(),
                new ConvolutionLayer.Builder(1, 10).nOut(16).activation(Activation.TANH).stride(1, 3).build());
        write("twin-1993-sequence", Distance.COSINE, InputType.recurrent(8, 200),
                new Convolution1DLayer.Builder(11).stride(3).nOut(12).activation(Activation.TANH).build(),
                new Convolution1DLayer.Builder(10).stride(3).nOut(16).activation(Activation.TANH).convolutionMode(ConvolutionMode.Same).build(),
                new Subsampling1DLayer.Builder(Subsampling1DLayer.PoolingType.AVG, 3, 3).build(),
                new GlobalPoolingLayer(PoolingType.MAX), new DenseLayer.Builder().nOut(19).build());
        write("colour", Distance.EUCLIDEAN, InputType.convolutional(64, 64, 3), convolution(3, 3, 32, Activation.RELU).build(),
                pool(PoolingType.MAX, 2, 2).build(), convolution(3, 3, 64, Activation.RELU).build(), pool(PoolingType.MAX, 2, 2).build(),
                new DenseLayer.Builder().nOut(128).build());
        write("paddings", Distance.EUCLIDEAN, InputType.convolutional(13, 11, 2),
                convolution(3, 3, 5, Activation.TANH).stride(2, 1).padding(1, 2).build(),
                pool(PoolingType.AVG, 3, 2).stride(1, 2).padding(1, 1).build(),
                convolution(2, 3, 6, Activation.SIGMOID).convolutionMode(ConvolutionMode.Same).hasBias(false).build(),
                pool(PoolingType.AVG, 3, 3).stride(2, 1).convolutionMode(ConvolutionMode.Same).build(),
                pool(PoolingType.AVG, 2, 2).stride(1, 1).padding(1, 1).avgPoolIncludePadInDivisor(true).build(),
                pool(PoolingType.MAX, 3, 3).stride(2, 2).padding(1, 1).build(),
                new DenseLayer.Builder().nOut(9).hasBias(false).build(), new DenseLayer.Builder().nOut(4).build());
        write("dilations", Distance.EUCLIDEAN, InputType.convolutional(16, 15, 1),
                convolution(3, 2, 4, Activation.SIGMOID).dilation(2, 1).padding(2, 1).build(),
                convolution(3, 3, 4, Activation.RELU).dilation(2, 2).build(),
                convolution(2, 3, 5, Activation.TANH).dilation(1, 2).convolutionMode(ConvolutionMode.Same).build(),
                new GlobalPoolingLayer(PoolingType.AVG), new DenseLayer.Builder().nOut(3).build());
        Stream.concat(Stream.of(Activation.RELU, Activation.TANH, Activation.SIGMOID, Activation.SOFTPLUS, Activation.ELU,
                Activation.LEAKYRELU, Activation.GELU, Activation.SWISH, Activation.CUBE, Activation.SELU, Activation.SOFTSIGN)
                .map(Activation::getActivationFunction), Stream.of(new ActivationGELU(true))).forEach(a ->
                write("activation-" + a.getClass().getSimpleName().substring(10) + (a.equals(new ActivationGELU(true)) ? "-precise" : ""),
                        Distance.EUCLIDEAN, InputType.feedForward(30), new DenseLayer.Builder().nOut(30).build(),
                        new DenseLayer.Builder().nOut(30).activation(a).build()));
    }

    private static ConvolutionLayer.Builder convolution(int rows, int columns, int filters, Activation activation) {
        return new ConvolutionLayer.Builder(rows, columns).nOut(filters).activation(activation);
    }

    private static SubsamplingLayer.Builder pool(PoolingType type, int rows, int columns) {
        return new SubsamplingLayer.Builder(type).kernelSize(rows, columns).stride(rows, columns);
    }

    private static void write(String name, Distance distance, InputType input, Layer... layers) {
        BaseNetwork base = BaseNetwork.of(input, layers);
        if (name.equals("twin-1993")) { // 16 × 19 numbers as a vector
            base = base.then(new DenseLayer.Builder().nOut(304).build());
        }
        SiameseNetwork network = new SiameseNetwork(base, distance, 2);
        Noise examples = new Noise(Arrays.stream(input.getShape()).mapToInt(size -> (int) size).toArray(), 3);
        network.fit(examples, null, Recipe.overview().withEpochs(1).withClassesPerBatch(4).withExamplesPerClass(16));
        write(name, network, examples);
    }

    private static void write(String name, SiameseNetwork network, Examples examples, double... threshold) {
        int[] all = IntStream.range(0, COUNT).toArray();
        try {
            network.exportOnnx(folder.resolve(name + ".onnx"), threshold);
            write(name + ".in", Arrays.stream(examples.batch(all).ravel().toDoubleVector()));
            write(name + ".out", Arrays.stream(network.embed(examples, all)).flatMapToDouble(Arrays::stream));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void write(String name, DoubleStream numbers) throws IOException {
        double[] values = numbers.toArray();
        ByteBuffer bytes = ByteBuffer.allocate(Float.BYTES * values.length).order(ByteOrder.LITTLE_ENDIAN);
        Arrays.stream(values).forEach(value -> bytes.putFloat((float) value));
        Files.write(folder.resolve(name), bytes.array());
    }
}
