package siamese.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.commons.lang3.Validate;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.weights.WeightInit;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.learning.config.Adam;
import siamese.data.Examples;

/**
 * The network that both branches share: any list of Deeplearning4j layers over examples of one shape, the last of which
 * gives one vector an example, the embedding (of channels × rows × columns all numbers, channel by channel). The
 * overview's {@code create_base_network(input_shape)}.
 *
 * <p>What a layer leaves open is as in Keras: Glorot's uniform weights (X. Glorot and Y. Bengio, AISTATS 2010), no
 * padding, and a layer without a name is called after its kind and place.
 *
 * @param input the shape of an example: {@code InputType.convolutional(height, width, channels)} for pictures,
 *     {@code InputType.recurrent(features, steps)} for sequences, {@code InputType.feedForward(numbers)} for vectors
 * @param layers from the input to the embedding; they are copied
 */
public record BaseNetwork(InputType input, List<Layer> layers) {

    /** Adam's, as in Keras. */
    static final double EPSILON = 1e-7;
    private static final Adam ADAM = Adam.builder().learningRate(1e-3).epsilon(EPSILON).build();

    /**
     * Copies and names the layers.
     *
     * @throws IllegalArgumentException if there is no layer, two have one name, or one asks for what only
     *     Deeplearning4j's own training does
     */
    public BaseNetwork {
        Objects.requireNonNull(input, "input");
        List<Layer> named = new ArrayList<>();
        Set<String> names = new TreeSet<>();
        for (Layer layer : layers) {
            Layer own = layer.clone();
            if (own.getLayerName() == null) {
                own.setLayerName(own.getClass().getSimpleName().replaceFirst("(Layer)?$", "").toLowerCase()
                        + (named.size() + 1));
            }
            Validate.isTrue(names.add(own.getLayerName()), "Two layers are called %s; give each a name of its own.",
                    own.getLayerName());
            Validate.isTrue((own.getConstraints() == null || own.getConstraints().isEmpty())
                    && !(own instanceof BaseLayer b && b.getIUpdater() != null && !b.getIUpdater().equals(ADAM))
                    && own.initializer().paramKeys(own).stream().map(own::getRegularizationByParam)
                    .allMatch(terms -> terms == null || terms.isEmpty()), "Layer %s has a regularization, a constraint "
                    + "or an updater of its own, which training here does not read; use Recipe.withWeightDecay and "
                    + "withLearningRate.", own.getLayerName());
            named.add(own);
        }
        Validate.isTrue(!named.isEmpty(), "layers is empty; give at least one, such as a dense layer.");
        layers = List.copyOf(named);
    }

    /**
     * {@return a base network of the given layers}
     *
     * @param input the shape of an example
     * @param layers from the input to the embedding
     * @throws IllegalArgumentException as the constructor does
     */
    public static BaseNetwork of(InputType input, Layer... layers) {
        return new BaseNetwork(input, List.of(layers));
    }

    /**
     * {@return the overview's base network: 32 filters of 3 × 3 with ReLU, max-pooling by 2, 64 filters of 3 × 3 with
     * ReLU, max-pooling by 2, and a dense layer of 128 units with ReLU; 223,744 weights for 28 × 28 grey pixels}
     *
     * @param height of a picture in pixels, at least 10
     * @param width of a picture in pixels, at least 10
     * @param channels 1 for grey, 3 for colour
     */
    public static BaseNetwork overview(int height, int width, int channels) {
        return overview(height, width, channels, Activation.RELU);
    }

    /**
     * {@return the same with another activation of the embedding, such as none ({@code Activation.IDENTITY}): with ReLU
     * no cosine distance exceeds 1}
     *
     * @param height of a picture in pixels, at least 10
     * @param width of a picture in pixels, at least 10
     * @param channels 1 for grey, 3 for colour
     * @param embedding activation of the dense layer
     */
    public static BaseNetwork overview(int height, int width, int channels, Activation embedding) {
        return of(InputType.convolutional(height, width, channels),
                new ConvolutionLayer.Builder(3, 3).name("conv1").nOut(32).activation(Activation.RELU).build(),
                new SubsamplingLayer.Builder(2, 2).name("pool1").stride(2, 2).build(),
                new ConvolutionLayer.Builder(3, 3).name("conv2").nOut(64).activation(Activation.RELU).build(),
                new SubsamplingLayer.Builder(2, 2).name("pool2").stride(2, 2).build(),
                new DenseLayer.Builder().name("embedding").nOut(128).activation(embedding).build());
    }

    /**
     * {@return these layers and more behind them}
     *
     * @param more what follows
     * @throws IllegalArgumentException as the constructor does
     */
    public BaseNetwork then(Layer... more) {
        return new BaseNetwork(input, Stream.concat(layers.stream(), Stream.of(more)).toList());
    }

    /**
     * What Deeplearning4j needs besides the layers; the learning rate matters for those who train its graph themselves.
     */
    static NeuralNetConfiguration.Builder common(long seed) {
        OneDnn.enable();
        return new NeuralNetConfiguration.Builder().seed(seed).weightInit(WeightInit.XAVIER_UNIFORM)
                .activation(Activation.IDENTITY).convolutionMode(ConvolutionMode.Truncate)
                .updater(ADAM);
    }

    /**
     * {@return the layers as Deeplearning4j configures them: a plain stack, which its own {@code MultiLayerNetwork} can
     * run}
     *
     * @param seed of the initial weights
     * @throws IllegalArgumentException if the layers do not fit each other or the input
     */
    public MultiLayerConfiguration configuration(long seed) {
        try {
            NeuralNetConfiguration.ListBuilder list = common(seed).list();
            layers.forEach(layer -> list.layer(layer.clone()));
            return list.setInputType(input).build();
        } catch (RuntimeException e) {
            throw misfit(e);
        }
    }

    /** {@return what is said where Deeplearning4j refuses the layers} */
    IllegalArgumentException misfit(RuntimeException cause) {
        return new IllegalArgumentException("The layers do not fit the input of shape " + text(input)
                + " or each other (Deeplearning4j says: "
                + String.valueOf(cause.getMessage()).lines().findFirst().orElse("") + ").", cause);
    }

    /** {@return the layers as JSON, the same for the same layers} */
    String json() {
        return configuration(0).toJson();
    }

    /** {@return the sizes of a shape: channels × height × width, features × steps, or one number} */
    static String text(InputType shape) {
        return Arrays.stream(shape.getShape()).mapToObj(Long::toString).collect(Collectors.joining(" × "));
    }

    /** Complains where examples have another shape than the input. */
    void check(Examples examples) {
        long[] own = input.getShape();
        long[] given = Arrays.stream(examples.shape()).asLongStream().toArray();
        Validate.isTrue(Arrays.equals(own, given), "The base network reads examples of shape %s, but those of %s have "
                + "%s; make a base network for these, or bring pictures to its size.", text(input), examples.source(),
                Arrays.stream(given).mapToObj(Long::toString).collect(Collectors.joining(" × ")));
    }
}
