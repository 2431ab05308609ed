package siamese.model;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.factory.Nd4j;
import siamese.data.Channels;
import siamese.data.LabeledImages;
import siamese.data.Pairs;

/** The base networks of the part {@code networks}, pictures for each, and the batches that all programs learn. */
public final class BenchNetworks {

    /** By name; {@code keras_peer.py} has the same, and so have the tests of the library ({@code SomeNetworks}). */
    public static final Map<String, BaseNetwork> ALL = all();

    private static final int CLASSES = 10;
    private static final int PER_CLASS = 321; // so that their pairs make 50 whole batches of 128

    private BenchNetworks() {
    }

    private static Map<String, BaseNetwork> all() {
        Map<String, BaseNetwork> all = new LinkedHashMap<>();
        all.put("overview", BaseNetwork.overview(28, 28, 1));
        BaseNetwork blocks = null;
        for (int k = 0; k < 4; k++) {
            ConvolutionLayer convolution = convolution(3, 3, 64, Activation.IDENTITY)
                    .convolutionMode(ConvolutionMode.Same).build();
            blocks = (blocks == null ? BaseNetwork.of(InputType.convolutional(28, 28, 1), convolution)
                    : blocks.then(convolution))
                    .then(new BatchNormalization(), new ActivationLayer(Activation.RELU), pool());
        }
        all.put("four blocks", blocks.then(dense(64)));
        all.put("faces", BaseNetwork.of(InputType.convolutional(56, 46, 1),
                convolution(5, 5, 32, Activation.RELU).build(), pool(),
                convolution(3, 3, 64, Activation.RELU).build(), pool(),
                convolution(3, 3, 128, Activation.RELU).build(), pool(), dense(128)));
        all.put("colour", BaseNetwork.of(InputType.convolutional(64, 64, 3),
                convolution(3, 3, 32, Activation.RELU).build(), pool(),
                convolution(3, 3, 64, Activation.RELU).build(), pool(),
                convolution(3, 3, 64, Activation.RELU).build(), pool(), dense(128)));
        all.put("strokes", BaseNetwork.of(InputType.convolutional(8, 200, 1),
                convolution(1, 10, 32, Activation.RELU).stride(1, 2).build(),
                convolution(1, 10, 64, Activation.RELU).stride(1, 2).build(),
                convolution(8, 10, 64, Activation.RELU).stride(1, 3).build(), dense(64)));
        return Collections.unmodifiableMap(all);
    }

    private static ConvolutionLayer.Builder convolution(int rows, int columns, int filters, Activation activation) {
        return new ConvolutionLayer.Builder(rows, columns).nOut(filters).activation(activation);
    }

    private static SubsamplingLayer pool() {
        return new SubsamplingLayer.Builder(2, 2).stride(2, 2).build();
    }

    private static DenseLayer dense(int units) {
        return new DenseLayer.Builder().nOut(units).build();
    }

    /**
     * {@return random pixels of 3,210 pictures, the same each time: a middle of its own for each class, and noise}
     *
     * @param name of a network
     */
    public static byte[] pixels(String name) {
        int length = (int) ALL.get(name).input().arrayElementsPerExample();
        Random random = new Random(1);
        double[] middles = random.doubles((long) CLASSES * length).toArray();
        byte[] pixels = new byte[CLASSES * PER_CLASS * length];
        for (int k = 0; k < pixels.length; k++) {
            int label = k / length % CLASSES;
            pixels[k] = (byte) (255 * (0.6 * middles[label * length + k % length] + 0.4 * random.nextFloat()));
        }
        return pixels;
    }

    /**
     * {@return pictures with these pixels; number i is of class i modulo 10}
     *
     * @param name of a network
     */
    public static LabeledImages images(String name) {
        InputType.InputTypeConvolutional shape = (InputType.InputTypeConvolutional) ALL.get(name).input();
        return new LabeledImages("random", (int) shape.getHeight(), (int) shape.getWidth(),
                shape.getChannels() == 1 ? Channels.GREY : Channels.COLOUR, CLASSES, pixels(name),
                IntStream.range(0, CLASSES * PER_CLASS).map(i -> i % CLASSES).toArray());
    }

    /**
     * {@return pairs in the order in which {@link SiameseNetwork#fit(Pairs, Pairs, Recipe, TrainingListener...)} sees
     * them, epoch after epoch}
     *
     * @param pairs what is trained on
     * @param recipe how
     * @param seed of the network
     */
    public static Pairs batches(Pairs pairs, Recipe recipe, long seed) {
        byte[] numbers = new byte[2 * pairs.examples().size()]; // a picture of two pixels that hold its own number
        for (int k = 0; k < numbers.length; k++) {
            numbers[k] = (byte) (k % 2 == 0 ? k >> 9 : k >> 1);
        }
        LabeledImages images = new LabeledImages("numbers", 1, 2, 2, numbers, new int[numbers.length / 2]);
        Batches batches = new Batches.OfPairs(new Pairs(images, pairs.first(), pairs.second(), pairs.similar()), recipe,
                Distance.EUCLIDEAN, new Random(seed));
        int[] first = new int[recipe.epochs() * pairs.size()];
        int[] second = new int[first.length];
        boolean[] similar = new boolean[first.length];
        int next = 0;
        for (int number = 0; number < recipe.epochs() * batches.count(); number++) {
            if (number % batches.count() == 0) {
                batches.startEpoch();
            }
            Batches.Data data = batches.get(number % batches.count());
            int[] shown = data.examples().reshape(data.examples().size(0), 2).mul(255)
                    .mmul(Nd4j.createFromArray(256f, 1f).reshape(2, 1)).addi(0.5).toIntVector();
            for (int p = 0; p < data.batch().size(); p++, next++) {
                first[next] = shown[data.batch().first()[p]];
                second[next] = shown[data.batch().second()[p]];
                similar[next] = data.batch().similar()[p];
            }
        }
        return new Pairs(pairs.examples(), first, second, similar);
    }
}
