package siamese.model;

import java.util.Arrays;
import java.util.List;
import org.deeplearning4j.config.DL4JSystemProperties;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.layers.convolution.ConvolutionLayer;
import org.nd4j.nativeblas.Nd4jCpu;

/**
 * Whether Deeplearning4j's convolutions run on oneDNN. Training here does not need it, since the layers that are known
 * call ND4J's operations themselves; what Deeplearning4j runs, a graph that the reader trains by hand or a layer that
 * is not known here, becomes three to eight times as fast (measured on the overview's graph, 128 pairs a step).
 *
 * <p>Deeplearning4j 1.0.0-M2.1 has oneDNN code but leaves it off twice over: a system property must be set, which
 * {@link #enable()} does, and a class that it looks for has moved, which {@link Nd4jCpu} puts
 * right.
 */
final class OneDnn {

    private OneDnn() {
    }

    /** Lets Deeplearning4j use oneDNN in networks built from now on, unless the user has set the property otherwise. */
    static void enable() {
        if (System.getProperty(DL4JSystemProperties.DISABLE_HELPER_PROPERTY) == null) {
            System.setProperty(DL4JSystemProperties.DISABLE_HELPER_PROPERTY, "false");
        }
    }

    /**
     * {@return whether every convolution of a network runs on oneDNN}
     *
     * @param graph an initialized network
     */
    static boolean isActive(ComputationGraph graph) {
        List<ConvolutionLayer> convolutions = Arrays.stream(graph.getLayers())
                .filter(ConvolutionLayer.class::isInstance).map(ConvolutionLayer.class::cast).toList();
        return !convolutions.isEmpty() && convolutions.stream().allMatch(layer -> layer.getHelper() != null);
    }

    /**
     * Prints "active", or one sentence that says why not and what it costs; the launcher shows it.
     *
     * @param args ignored
     */
    public static void main(String[] args) {
        if (isActive(SiameseNetwork.overview(1).graph())) {
            System.out.println("active");
        } else {
            System.out.println(Nd4jCpu.hasOneDnn()
                    ? "Deeplearning4j does not use oneDNN although its native library has it, so what it runs itself "
                            + "takes several times as long."
                    : "The native library of this platform comes without oneDNN, so training takes several times as "
                            + "long.");
        }
    }
}
