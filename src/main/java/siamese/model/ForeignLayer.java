package siamese.model;

import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** A layer that Deeplearning4j runs itself; its arrays have the channels first. */
final class ForeignLayer extends FastLayer {

    private final MultiLayerNetwork network;
    private final INDArray gradient;
    private final boolean sequenceIn;
    private INDArray in;
    private INDArray out;

    ForeignLayer(DataType type, MultiLayerConfiguration layer, INDArray weights, INDArray gradient,
            boolean sequenceIn) {
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
        INDArray dIn = network.backpropGradient(channelsFirst(gradientOut, out.rank() == 3),
                LayerWorkspaceMgr.noWorkspaces()).getSecond();
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
        INDArray picture = values.rank() == 3
                ? values.dup('c').reshape('c', values.size(0), values.size(1), values.size(2), 1) : values;
        return picture.permute(0, 2, 3, 1).dup('c');
    }
}
