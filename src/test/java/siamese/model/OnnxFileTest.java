package siamese.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import onnx.Onnx;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.Convolution1DLayer;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.conf.layers.Upsampling2D;
import org.deeplearning4j.nn.conf.layers.recurrent.LastTimeStep;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.activations.impl.ActivationReLU;
import org.nd4j.linalg.activations.impl.ActivationTanH;
import siamese.data.LabeledImages;

/** What is in a network's ONNX file, and what is refused. That others compute the same from it, test_onnx.py shows. */
class OnnxFileTest {

    private static final InputType PICTURE = InputType.convolutional(12, 12, 1);
    private static final Layer CONVOLUTION = new ConvolutionLayer.Builder(3, 3).name("eye").nOut(4).build();
    private static final Layer DENSE = new DenseLayer.Builder().name("end").nOut(3).build();

    @TempDir
    private Path folder;

    /** One of a reader's own, whatever it computes. */
    public static final class Own extends ActivationTanH {

        private static final long serialVersionUID = 1;
    }

    private Onnx.ModelProto exported(SiameseNetwork network, double... threshold) throws IOException {
        Path file = folder.resolve("new/network.onnx");
        network.exportOnnx(file, threshold);
        return Onnx.ModelProto.parseFrom(Files.readAllBytes(file));
    }

    private static List<String> operations(Onnx.ModelProto model) {
        return model.getGraph().getNodeList().stream().map(Onnx.NodeProto::getOpType).toList();
    }

    private static Map<String, String> metadata(Onnx.ModelProto model) {
        return model.getMetadataPropsList().stream().collect(Collectors.toMap(Onnx.StringStringEntryProto::getKey,
                Onnx.StringStringEntryProto::getValue));
    }

    private static String shape(Onnx.ValueInfoProto value) {
        return value.getName() + value.getType().getTensorType().getShape().getDimList().stream()
                .map(d -> d.getDimParam().isEmpty() ? Long.toString(d.getDimValue()) : d.getDimParam()).toList();
    }

    private static float[] numbers(Onnx.TensorProto tensor) {
        float[] numbers = new float[tensor.getRawData().size() / Float.BYTES];
        tensor.getRawData().asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(numbers);
        return numbers;
    }

    @Test
    void theOverviewIsItsLayersWithAllWeights() throws IOException {
        SiameseNetwork network = SiameseNetwork.overview(1);
        Onnx.ModelProto model = exported(network);
        assertEquals(List.of("Conv", "Relu", "MaxPool", "Conv", "Relu", "MaxPool", "Flatten", "Gemm", "Relu"),
                operations(model));
        assertEquals("conv1.Conv", model.getGraph().getNode(0).getName());
        assertEquals("input[batch, 1, 28, 28]", shape(model.getGraph().getInput(0)));
        assertEquals("embedding[batch, 128]", shape(model.getGraph().getOutput(0)));
        List<Onnx.TensorProto> weights = model.getGraph().getInitializerList();
        assertEquals(223_744, weights.stream().mapToInt(tensor -> numbers(tensor).length).sum());
        assertTrue(weights.stream().allMatch(tensor -> numbers(tensor).length
                == tensor.getDimsList().stream().reduce(1L, (a, b) -> a * b)), "shapes");
        float[] sorted = network.state().weights();
        Arrays.sort(sorted);
        float[] written = new float[sorted.length];
        int at = 0;
        for (Onnx.TensorProto tensor : weights) {
            System.arraycopy(numbers(tensor), 0, written, at, numbers(tensor).length);
            at += numbers(tensor).length;
        }
        Arrays.sort(written);
        assertArrayEquals(sorted, written, "the same numbers, in whatever order");
    }

    @Test
    void theMetadataSayWhatTheEmbeddingsAreFor() throws IOException {
        LabeledImages bars = SomeNetworks.bars(3, 8, 1);
        SiameseNetwork network = SiameseNetwork.overview(4);
        network.fit(bars, null, Recipe.overview().withEpochs(2).withClassesPerBatch(3).withExamplesPerClass(4));
        Map<String, String> said = metadata(exported(network.withViews(5), 0.625));
        assertEquals("0.625", said.get("threshold"));
        assertEquals("Euclidean: sqrt(sum((a - b)^2))", said.get("distance"));
        assertEquals("bars", said.get("data"));
        assertEquals(bars.fingerprint(), said.get("fingerprint"));
        assertTrue(said.get("training").matches("2 epochs, [1-9]\\d* steps, seed 4"), said.get("training"));
        assertTrue(said.get("views").startsWith("5: the mean over"), said.get("views"));
        assertTrue(said.get("input").contains("0 is paper, 1 is ink"), said.get("input"));
        assertTrue(said.get("embedding").endsWith("not normalized"), said.get("embedding"));

        said = metadata(exported(new SiameseNetwork(network.base(), Distance.COSINE, 1)));
        assertEquals("none given", said.get("threshold"));
        assertEquals("nothing", said.get("data"));
        assertTrue(said.get("distance").startsWith("cosine"), said.get("distance"));
        assertEquals("1", said.get("views"));
    }

    @Test
    void theVersionIsTheProjects() throws IOException {
        Onnx.ModelProto model = exported(SiameseNetwork.overview(1));
        String project = Files.readString(Path.of("pom.xml")).replaceAll("(?s)<parent>.*?</parent>", "");
        assertEquals(project.replaceAll("(?s).*?<version>(.*?)</version>.*", "$1"), OnnxFile.VERSION, "the first one");
        assertEquals(OnnxFile.VERSION, model.getProducerVersion());
        assertEquals(OnnxFile.VERSION, metadata(model).get("version"));
    }

    @Test
    void allViewsAreOneBatch() throws IOException {
        Onnx.ModelProto model = exported(SiameseNetwork.overview(1).withViews(5));
        List<String> all = operations(model);
        assertEquals(List.of("Pad", "Pad", "Pad", "Pad", "Concat", "Conv"), all.subList(0, 6));
        assertEquals(List.of("Reshape", "ReduceMean"), all.subList(all.size() - 2, all.size()));
        assertEquals("embedding", model.getGraph().getNode(all.size() - 1).getOutput(0));
    }

    static Stream<Arguments> refused() {
        return Stream.of(
                Arguments.of("lasttimestep1 (LastTimeStep)", "this kind of layer", InputType.recurrent(3, 20),
                        List.of(new LastTimeStep(new LSTM.Builder().nOut(4).build()), DENSE)),
                Arguments.of("up (Upsampling2D)", "this kind of layer", PICTURE,
                        List.of(CONVOLUTION, new Upsampling2D.Builder(2).name("up").build(), DENSE)),
                Arguments.of("norm (SubsamplingLayer)", "this kind of pooling", PICTURE,
                        List.of(CONVOLUTION, new SubsamplingLayer.Builder(SubsamplingLayer.PoolingType.PNORM).pnorm(2)
                                .kernelSize(2, 2).name("norm").build(), DENSE)),
                Arguments.of("gaps (SubsamplingLayer)", "a pooling with gaps", PICTURE,
                        List.of(CONVOLUTION, new SubsamplingLayer.Builder(2, 2).dilation(2, 2).name("gaps").build(), DENSE)),
                Arguments.of("sum (GlobalPoolingLayer)", "this kind of pooling", PICTURE, List.of(CONVOLUTION,
                        new GlobalPoolingLayer.Builder(PoolingType.SUM).name("sum").build(), DENSE)),
                Arguments.of("layered (DenseLayer)", "its normalization", PICTURE,
                        List.of(new DenseLayer.Builder().name("layered").nOut(4).hasLayerNorm(true).build())),
                Arguments.of("sharp (ActivationLayer)", "the activation softmax", InputType.feedForward(5),
                        List.of(DENSE, new ActivationLayer.Builder().name("sharp").activation(Activation.SOFTMAX).build())),
                Arguments.of("low (ActivationLayer)", "this variant of ReLU", InputType.feedForward(5), List.of(DENSE,
                        new ActivationLayer.Builder().name("low").activation(new ActivationReLU(6.0, 0.0, 0.0)).build())),
                Arguments.of("back (Convolution1DLayer)", "a convolution that looks back only", InputType.recurrent(3, 20),
                        List.of(new Convolution1DLayer.Builder(3).name("back").convolutionMode(ConvolutionMode.Causal).nOut(4)
                                .build(), new GlobalPoolingLayer(PoolingType.AVG), DENSE)),
                Arguments.of("foreign (ActivationLayer)", "an activation of your own", InputType.feedForward(5),
                        List.of(DENSE, new ActivationLayer.Builder().name("foreign").activation(new Own()).build())));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void refused(String layer, String what, InputType input, List<Layer> layers) throws IOException {
        SiameseNetwork network = new SiameseNetwork(new BaseNetwork(input, layers), Distance.EUCLIDEAN, 1);
        Path file = folder.resolve("network.onnx");
        Files.writeString(file, "what was there");
        String said = assertThrows(IOException.class, () -> network.exportOnnx(file)).getMessage();
        assertTrue(said.startsWith("Layer " + layer + " cannot be written as ONNX here: there are no words for " + what
                + ";"), said);
        assertEquals("what was there", Files.readString(file));
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(List.of(file), files.toList());
        }
    }

    @Test
    void aFolderAndTwoThresholdsAreRefused() {
        SiameseNetwork network = SiameseNetwork.overview(1);
        assertEquals(folder + " is a folder; give the name of a file in it, such as network.zip.",
                assertThrows(IOException.class, () -> network.exportOnnx(folder)).getMessage());
        assertEquals("Give one threshold or none, not 2.", assertThrows(IllegalArgumentException.class,
                () -> network.exportOnnx(folder.resolve("a.onnx"), 0.5, 0.6)).getMessage());
    }
}
