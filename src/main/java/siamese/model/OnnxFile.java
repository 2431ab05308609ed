package siamese.model;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import onnx.Onnx;
import org.apache.commons.lang3.Validate;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.RNNFormat;
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
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationELU;
import org.nd4j.linalg.activations.impl.ActivationGELU;
import org.nd4j.linalg.activations.impl.ActivationLReLU;
import org.nd4j.linalg.activations.impl.ActivationReLU;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;
import org.nd4j.shade.protobuf.ByteString;

/**
 * A base network as a graph of ONNX's operations, set 13 of 2020 (github.com/onnx/onnx, docs/Operators.md), with its
 * weights. Nodes are called after the layers: layer conv1 becomes {@code conv1.Conv} and {@code conv1.Relu}.
 */
final class OnnxFile {

    /** The library's, as pom.xml has it. */
    static final String VERSION = "1.0.0";
    /** The set of operations, and the form of the file that belongs to it. */
    private static final int OPERATIONS = 13;
    private static final int IR = 7;
    private static final String INPUT = "input";
    private static final String OUTPUT = "embedding";
    /** Deeplearning4j's names of functions that are one operation. */
    private static final Map<String, String> PLAIN = Map.of("ReLU", "Relu", "TanH", "Tanh", "Sigmoid", "Sigmoid",
            "SoftPlus", "Softplus", "SELU", "Selu", "SoftSign", "Softsign");

    private final Onnx.GraphProto.Builder graph = Onnx.GraphProto.newBuilder();
    private final Execution execution;
    private final int views;
    /** The value that the next node reads. */
    private String last = INPUT;
    /** The layer that is being written, and what its nodes and weights are called after. */
    private Layer layer;
    private String scope;
    private final Set<String> names = new HashSet<>();

    private OnnxFile(SiameseNetwork network) {
        execution = network.core().execution;
        views = network.views();
        graph.setName("siamese").addInput(value(INPUT, network.base().input().getShape()));
    }

    static void write(SiameseNetwork network, double[] threshold, Path file) throws IOException {
        Validate.isTrue(threshold.length <= 1, "Give one threshold or none, not %s.", threshold.length);
        Onnx.ModelProto model;
        synchronized (network.core()) {
            model = Onnx.ModelProto.newBuilder().setIrVersion(IR).setProducerName("siamese-networks-java")
                    .setProducerVersion(VERSION).setGraph(new OnnxFile(network).graph())
                    .addOpsetImport(Onnx.OperatorSetIdProto.newBuilder().setVersion(OPERATIONS))
                    .addAllMetadataProps(metadata(network, threshold)).build();
        }
        SavedNetwork.replace(file, model::writeTo);
    }

    private static List<Onnx.StringStringEntryProto> metadata(SiameseNetwork network, double[] threshold) {
        int dimensions = network.base().input().getShape().length;
        History history = network.core().history;
        Map<String, String> all = new LinkedHashMap<>();
        all.put("version", VERSION);
        all.put("input", "float32 [batch, " + (dimensions == 3 ? "channels, rows, columns]; 0 is paper, 1 is ink"
                : dimensions == 2 ? "features, steps]" : "numbers]") + ", as Examples.batch gives them");
        all.put("embedding", "float32 [batch, numbers], not normalized");
        all.put("views", network.views() == 1 ? "1" : network.views() + ": the mean over each picture itself and moved "
                + "by one pixel to the left, right, up and down, all done in the graph");
        all.put("distance", network.distance() == Distance.EUCLIDEAN ? "Euclidean: sqrt(sum((a - b)^2))"
                : network.distance() == Distance.COSINE ? "cosine: 1 - sum(a * b) / (|a| * |b|)"
                : "one of your own, " + network.distance().getClass().getSimpleName() + ", which is not in this file");
        all.put("threshold", threshold.length == 0 ? "none given" : Double.toString(threshold[0]));
        all.put("data", history.source());
        all.put("fingerprint", network.core().data);
        all.put("training", history.epochs().size() + " epochs, " + network.core().steps + " steps, seed "
                + network.seed());
        return all.entrySet().stream().map(e -> Onnx.StringStringEntryProto.newBuilder().setKey(e.getKey())
                .setValue(e.getValue()).build()).toList();
    }

    private Onnx.GraphProto graph() throws IOException {
        int size = execution.network().getnLayers();
        InputType end = execution.shapes()[size];
        long numbers = end.arrayElementsPerExample();
        if (views > 1) {
            look();
        }
        for (int k = 0; k < size; k++) {
            layer = execution.network().getLayerWiseConfigurations().getConf(k).getLayer();
            scope = layer.getLayerName();
            add(k);
        }
        if (end.getType() == InputType.Type.CNN) {
            scope = "embedding";
            node("Flatten", last);
        }
        if (views > 1) {
            scope = "views";
            node("Reshape", last, whole("shape", views, -1, numbers));
            node("ReduceMean", last).addAttribute(integers("axes", 0)).addAttribute(integer("keepdims", 0));
        }
        graph.getNodeBuilder(graph.getNodeCount() - 1).setOutput(0, OUTPUT);
        return graph.addOutput(value(OUTPUT, numbers)).build();
    }

    /** All views of all pictures become one batch; whole pixels are cut off on one side and paper put on the other. */
    private void look() {
        List<String> looks = new ArrayList<>(List.of(INPUT));
        for (int v = 1; v < views; v++) {
            long down = Execution.VIEWS[v][0];
            long right = Execution.VIEWS[v][1];
            scope = "view" + v;
            node("Pad", INPUT, whole("pads", 0, 0, down, right, 0, 0, -down, -right));
            looks.add(last);
        }
        scope = "views";
        node("Concat", looks.toArray(String[]::new)).addAttribute(integer("axis", 0));
    }

    private void add(int k) throws IOException {
        InputType.Type shape = execution.shapes()[k].getType();
        boolean picture = shape == InputType.Type.CNN;
        boolean sequence = shape == InputType.Type.RNN;
        Class<?> kind = layer.getClass();
        check(kind.getName().startsWith("org.deeplearning4j.nn.conf.layers."), "a layer of your own");
        if (kind == ConvolutionLayer.class && picture || kind == Convolution1DLayer.class && sequence) {
            addConvolution(k, (ConvolutionLayer) layer, sequence);
        } else if (kind == SubsamplingLayer.class && picture || kind == Subsampling1DLayer.class && sequence) {
            addPooling(k, (SubsamplingLayer) layer, sequence);
        } else if (kind == DenseLayer.class && !sequence) {
            DenseLayer dense = (DenseLayer) layer;
            check(!dense.hasLayerNorm(), "its normalization");
            if (picture) {
                node("Flatten", last);
            }
            node("Gemm", weighted(parameter(k, "W"), parameter(k, "b")));
            activate(dense.getActivationFn());
        } else if (layer instanceof BatchNormalization normalization && !sequence) {
            addNormalization(k, normalization);
        } else if (layer instanceof GlobalPoolingLayer pooling && (picture || sequence)) {
            boolean mean = pooling.getPoolingType() == PoolingType.AVG;
            check((mean || pooling.getPoolingType() == PoolingType.MAX) && pooling.isCollapseDimensions()
                    && (pooling.getPoolingDimensions() == null
                    || pooling.getPoolingDimensions().length == (sequence ? 1 : 2)), "this kind of pooling");
            node(mean ? "GlobalAveragePool" : "GlobalMaxPool", last);
            node("Flatten", last);
        } else if (layer instanceof ActivationLayer activation) {
            activate(activation.getActivationFn());
        } else {
            check(layer instanceof DropoutLayer, "this kind of layer");
        }
    }

    private void check(boolean possible, String what) throws IOException {
        if (!possible) {
            throw new IOException("Layer " + layer.getLayerName() + " (" + layer.getClass().getSimpleName()
                    + ") cannot be written as ONNX here: there are no words for " + what + "; use convolutions, max "
                    + "and average pooling, dense layers, batch normalization, dropout and plain activations.");
        }
    }

    private void addConvolution(int k, ConvolutionLayer own, boolean sequence) throws IOException {
        check(own.getCnn2dDataFormat() != CNN2DFormat.NHWC && !(own instanceof Convolution1DLayer line
                && line.getRnnDataFormat() == RNNFormat.NWC), "channels that come last");
        check(own.getConvolutionMode() != ConvolutionMode.Causal, "a convolution that looks back only");
        Window window = Window.of(own);
        INDArray w = parameter(k, "W"); // of a sequence its memory is [steps, features, filters]
        node("Conv", weighted(sequence ? w.reshape('c', w.size(2), w.size(1), w.size(0)).permute(2, 1, 0) : w,
                parameter(k, "b"))).addAllAttribute(window(k, window, sequence))
                .addAttribute(integers("dilations", along(sequence ? 1 : 2, window.dilation())));
        activate(own.getActivationFn());
    }

    private void addPooling(int k, SubsamplingLayer own, boolean sequence) throws IOException {
        Window window = Window.of(own);
        boolean max = own.getPoolingType() == PoolingType.MAX;
        check(own.getCnn2dDataFormat() != CNN2DFormat.NHWC, "channels that come last");
        check(max || own.getPoolingType() == PoolingType.AVG, "this kind of pooling");
        check(!window.isDilated(), "a pooling with gaps"); // ND4J leaves no gaps, whatever the layer says
        var node = node(max ? "MaxPool" : "AveragePool", last).addAllAttribute(window(k, window, sequence));
        if (!max) {
            node.addAttribute(integer("count_include_pad", own.isAvgPoolIncludePadInDivisor() ? 1 : 0));
        }
    }

    /** Empty rows and columns in numbers, also where the layer only says that there are as many as it needs. */
    private List<Onnx.AttributeProto> window(int k, Window window, boolean sequence) {
        int axes = sequence ? 1 : 2;
        long[] input = execution.shapes()[k].getShape();
        long[] padding = new long[2 * axes];
        for (int axis = 0; axis < axes; axis++) {
            long missing = Math.max(0, window.input(axis, window.output(axis, input[1 + axis])) - input[1 + axis]);
            padding[axis] = window.same() ? missing / 2 : window.padding()[axis];
            padding[axes + axis] = window.same() ? missing - missing / 2 : window.padding()[axis];
        }
        return List.of(integers("kernel_shape", along(axes, window.kernel())),
                integers("strides", along(axes, window.stride())), integers("pads", padding));
    }

    private static long[] along(int axes, int[] numbers) {
        return Arrays.stream(numbers).limit(axes).asLongStream().toArray();
    }

    private void addNormalization(int k, BatchNormalization own) throws IOException {
        check(own.getCnn2DFormat() != CNN2DFormat.NHWC, "channels that come last");
        INDArray mean = parameter(k, "mean");
        INDArray variance = own.isUseLogStd() ? Transforms.exp(parameter(k, "log10stdev").mul(2 * Math.log(10)))
                : parameter(k, "var");
        boolean fixed = own.isLockGammaBeta();
        node("BatchNormalization", last,
                tensor("gamma", fixed ? mean.like().assign(own.getGamma()) : parameter(k, "gamma")),
                tensor("beta", fixed ? mean.like().assign(own.getBeta()) : parameter(k, "beta")),
                tensor("mean", mean), tensor("variance", variance)).addAttribute(real("epsilon", own.getEps()));
    }

    private void activate(IActivation function) throws IOException {
        check(!(function instanceof ActivationReLU r) || Stream.of(r.getThreshold(), r.getNegativeSlope(), r.getMax())
                .allMatch(n -> n == null || n == 0), "this variant of ReLU");
        String kind = function.getClass().getName().replace("org.nd4j.linalg.activations.impl.Activation", "");
        check(!kind.contains("."), "an activation of your own");
        String in = last;
        if (PLAIN.containsKey(kind)) {
            node(PLAIN.get(kind), in);
        } else if (function instanceof ActivationELU elu) {
            node("Elu", in).addAttribute(real("alpha", elu.getAlpha()));
        } else if (function instanceof ActivationLReLU leaky) {
            node("LeakyRelu", in).addAttribute(real("alpha", leaky.getAlpha()));
        } else if (kind.equals("Cube")) {
            node("Pow", in, number(3));
        } else if (kind.equals("Swish") || kind.equals("GELU")) { // x·σ(x), x·σ(1.702x), x/2·(1 + tanh(…))
            boolean precise = function instanceof ActivationGELU gelu && gelu.isPrecise();
            if (precise) { // = x·σ(2√(2/π)(x + (0.044715x)³)), as ND4J has it
                node("Pow", in, number(3));
                node("Mul", last, number(Math.pow(0.044715, 3)));
                node("Add", last, in);
            }
            if (kind.equals("GELU")) {
                node("Mul", last, number(precise ? 2 * Math.sqrt(2 / Math.PI) : 1.702));
            }
            node("Sigmoid", last);
            node("Mul", last, in);
        } else {
            check(kind.equals("Identity"), "the activation " + function);
        }
    }

    /** Adds a node that reads values and whose output the next one reads. */
    private Onnx.NodeProto.Builder node(String operation, String... inputs) {
        last = name(operation);
        return graph.addNodeBuilder().setOpType(operation).setName(last).addAllInput(List.of(inputs)).addOutput(last);
    }

    /** A name in the scope that nothing has yet. */
    private String name(String what) {
        String name = scope + "." + what;
        for (int n = 2; !names.add(name); n++) {
            name = scope + "." + what + n;
        }
        return name;
    }

    private INDArray parameter(int k, String name) {
        return execution.network().getLayer(k).getParam(name);
    }

    /** The inputs of a layer with weights. */
    private String[] weighted(INDArray weights, INDArray biases) {
        String[] inputs = {last, tensor("W", weights), biases == null ? "" : tensor("b", biases.ravel())};
        return biases == null ? Arrays.copyOf(inputs, 2) : inputs;
    }

    private String tensor(String name, INDArray numbers) {
        float[] values = numbers.dup('c').data().asFloat();
        ByteBuffer bytes = ByteBuffer.allocate(Float.BYTES * values.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        return add(name, Onnx.TensorProto.DataType.FLOAT, bytes, numbers.shape());
    }

    private String number(double value) {
        return tensor("number", Nd4j.scalar((float) value));
    }

    private String whole(String name, long... values) {
        ByteBuffer bytes = ByteBuffer.allocate(Long.BYTES * values.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asLongBuffer().put(values);
        return add(name, Onnx.TensorProto.DataType.INT64, bytes, values.length);
    }

    private String add(String what, Onnx.TensorProto.DataType type, ByteBuffer bytes, long... shape) {
        String name = name(what);
        graph.addInitializer(Onnx.TensorProto.newBuilder().setName(name).setDataType(type.getNumber())
                .addAllDims(LongStream.of(shape).boxed().toList()).setRawData(ByteString.copyFrom(bytes)));
        return name;
    }

    /** What goes in or comes out: the size of the batch is free. */
    private static Onnx.ValueInfoProto value(String name, long... shape) {
        var sizes = Onnx.TensorShapeProto.newBuilder();
        sizes.addDimBuilder().setDimParam("batch");
        LongStream.of(shape).forEach(size -> sizes.addDimBuilder().setDimValue(size));
        return Onnx.ValueInfoProto.newBuilder().setName(name).setType(Onnx.TypeProto.newBuilder().setTensorType(
                Onnx.TypeProto.Tensor.newBuilder().setElemType(Onnx.TensorProto.DataType.FLOAT.getNumber())
                        .setShape(sizes))).build();
    }

    private static Onnx.AttributeProto integers(String name, long... values) {
        return Onnx.AttributeProto.newBuilder().setName(name).setType(Onnx.AttributeProto.AttributeType.INTS)
                .addAllInts(LongStream.of(values).boxed().toList()).build();
    }

    private static Onnx.AttributeProto integer(String name, long value) {
        return Onnx.AttributeProto.newBuilder().setName(name).setType(Onnx.AttributeProto.AttributeType.INT)
                .setI(value).build();
    }

    private static Onnx.AttributeProto real(String name, double value) {
        return Onnx.AttributeProto.newBuilder().setName(name).setType(Onnx.AttributeProto.AttributeType.FLOAT)
                .setF((float) value).build();
    }
}
