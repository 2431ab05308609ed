package siamese.model;

import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.graph.ElementWiseVertex;
import org.deeplearning4j.nn.conf.graph.L2NormalizeVertex;
import org.deeplearning4j.nn.conf.graph.L2Vertex;
import org.deeplearning4j.nn.conf.graph.ScaleVertex;
import org.deeplearning4j.nn.conf.graph.StackVertex;
import org.deeplearning4j.nn.conf.graph.UnstackVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.LossLayer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.activations.impl.ActivationIdentity;
import org.nd4j.linalg.api.ndarray.INDArray;
import tech.tablesaw.api.LongColumn;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;

/** The network as the overview's picture shows it: two inputs, the same layers for both, their distance. */
final class TwoInputs {

    private TwoInputs() {
    }

    /** {@return the graph of both branches in Deeplearning4j, on given weights, which are not copied} */
    static ComputationGraph graph(BaseNetwork base, Distance distance, long seed, INDArray weights) {
        ComputationGraphConfiguration.GraphBuilder builder = BaseNetwork.common(seed).graphBuilder()
                .addInputs("first", "second")
                .addVertex("both", new StackVertex(), "first", "second");
        String previous = "both";
        for (Layer layer : base.layers()) {
            builder.addLayer(layer.getLayerName(), layer.clone(), previous);
            previous = layer.getLayerName();
        }
        if (distance == Distance.COSINE) {
            builder.addVertex("direction", new L2NormalizeVertex(), previous);
            previous = "direction";
        } else if (distance != Distance.EUCLIDEAN) {
            throw new IllegalStateException("Deeplearning4j has layers for the Euclidean and the cosine "
                    + "distance, but this network's is " + distance + "; network.distances(pairs) computes it.");
        }
        builder.addVertex("embedding1", new UnstackVertex(0, 2), previous)
                .addVertex("embedding2", new UnstackVertex(1, 2), previous)
                .addVertex("distance", new L2Vertex(), "embedding1", "embedding2");
        String last = "distance";
        if (distance == Distance.COSINE) { // half of the square, for embeddings of length 1
            builder.addVertex("square", new ElementWiseVertex(ElementWiseVertex.Op.Product), last, last)
                    .addVertex("half", new ScaleVertex(0.5), "square");
            last = "half";
        }
        ComputationGraph graph = new ComputationGraph(builder
                .addLayer("loss", new LossLayer.Builder(new ContrastiveLoss(1)).activation(Activation.IDENTITY).build(),
                        last)
                .setOutputs("loss").setInputTypes(base.input(), base.input()).build());
        graph.init(weights, false);
        return graph;
    }

    /** {@return the layers as a table} */
    static Table summary(BaseNetwork base, Distance distance, Execution execution) {
        Table table = Table.create("Siamese network", StringColumn.create("Layer"), StringColumn.create("Kind"),
                StringColumn.create("Output"), LongColumn.create("Weights"));
        InputType[] shapes = execution.shapes();
        add(table, "first, second", "the two examples of a pair", "2 times " + BaseNetwork.text(shapes[0]), 0);
        add(table, "both", "stacked, to go through the same layers", "2 times " + BaseNetwork.text(shapes[0]), 0);
        for (int k = 0; k < base.layers().size(); k++) {
            Layer layer = execution.network().getLayerWiseConfigurations().getConf(k).getLayer();
            add(table, layer.getLayerName(), kind(layer) + (execution.isFast(k) ? "" : " (run by Deeplearning4j)"),
                    "2 times " + BaseNetwork.text(shapes[k + 1]), execution.network().getLayer(k).numParams());
        }
        add(table, "distance", distance.toString().toLowerCase(Locale.ROOT) + " distance of the two embeddings", "1",
                0);
        add(table, "all", "", "", execution.weights().length());
        return table;
    }

    private static void add(Table table, String layer, String kind, String output, long weights) {
        table.stringColumn(0).append(layer);
        table.stringColumn(1).append(kind);
        table.stringColumn(2).append(output);
        table.longColumn(3).append(weights);
    }

    private static String kind(Layer layer) {
        if (layer instanceof ConvolutionLayer c) {
            Window window = Window.of(c);
            return c.getNOut() + " filters of " + size(window.kernel())
                    + (Arrays.equals(window.stride(), new int[] {1, 1}) ? ""
                    : ", stride " + size(window.stride())) + ", " + c.getActivationFn();
        } else if (layer instanceof SubsamplingLayer p) {
            return Map.of(PoolingType.MAX, "maximum", PoolingType.AVG, "mean").getOrDefault(p.getPoolingType(),
                    p.getPoolingType().name().toLowerCase(Locale.ROOT)) + " of " + size(Window.of(p).kernel());
        } else if (layer instanceof DenseLayer d) {
            return "dense, " + d.getActivationFn();
        }
        String name = layer.getClass().getSimpleName().replaceFirst("Layer$", "")
                .replaceAll("(?<=[a-z])(?=[A-Z])", " ");
        String function = layer instanceof BaseLayer b && !(b.getActivationFn() instanceof ActivationIdentity) ? ", "
                + b.getActivationFn() : "";
        return (name.matches("[A-Z]+.*[A-Z]") ? name : name.toLowerCase(Locale.ROOT)) + function;
    }

    private static String size(int[] window) {
        return window[0] + " × " + window[1];
    }
}
