package siamese.model;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.broadcast.BroadcastAddOp;
import org.nd4j.linalg.api.ops.impl.broadcast.BroadcastMulOp;
import org.nd4j.linalg.api.ops.impl.broadcast.BroadcastSubOp;
import org.nd4j.linalg.api.ops.impl.transforms.same.Square;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * Batch normalization (S. Ioffe and C. Szegedy, 2015, arXiv:1502.03167): each channel gets mean β and standard
 * deviation γ over the batch; what is embedded later, by the means and variances that training has seen.
 */
final class Normalization extends FastLayer {

    /** γ, β and where their gradient belongs. */
    private final FastLayers.Weights own;
    private final INDArray seenMean;
    private final INDArray seenSpread;
    private final boolean logarithm;
    private final double epsilon;
    private final double decay;
    private INDArray centred;
    private INDArray mean;
    private INDArray variance;
    private INDArray nextMean;
    private INDArray nextVariance;
    private INDArray perDeviation;

    /**
     * γ and β may be fixed, and then have no gradient.
     *
     * @param seenSpread the variance that training has seen, or the decimal logarithm of its root
     */
    Normalization(DataType type, FastLayers.Weights own, INDArray seenMean, INDArray seenSpread, boolean logarithm,
            double epsilon, double decay) {
        super(type);
        this.own = own;
        this.seenMean = seenMean;
        this.seenSpread = seenSpread;
        this.logarithm = logarithm;
        this.epsilon = epsilon;
        this.decay = decay;
    }

    @Override
    INDArray forward(INDArray in, boolean training) {
        INDArray values = rows(in);
        INDArray out = like(0, in);
        INDArray seenVariance = logarithm ? Transforms.exp(seenSpread.mul(2 * Math.log(10))) : seenSpread;
        mean = training ? means(values, 3) : seenMean;
        centred = rows(like(1, in));
        Nd4j.exec(new BroadcastSubOp(values, mean, centred, 1));
        variance = training ? means(Nd4j.exec(new Square(centred, rows(out))), 4) : seenVariance;
        if (training) { // taken over after the step, which may shrink all weights
            nextMean = seenMean.mul(decay).addi(mean.mul(1 - decay));
            nextVariance = seenVariance.mul(decay).addi(variance.mul(1 - decay));
        }
        perDeviation = Transforms.pow(variance.add(epsilon), -0.5);
        Nd4j.exec(new BroadcastMulOp(centred, own.weights().mul(perDeviation), rows(out), 1));
        Nd4j.exec(new BroadcastAddOp(rows(out), own.biases(), rows(out), 1));
        return out;
    }

    private INDArray means(INDArray values, int number) {
        INDArray sums = array(number, values.size(1));
        sumColumns(values, sums);
        return sums.divi(values.size(0));
    }

    /** dx = γ/σ·(dy − mean(dy) − x̂·mean(dy·x̂)) with x̂ = centred/σ. */
    @Override
    INDArray backward(INDArray out, boolean wanted) {
        INDArray dOut = rows(out);
        INDArray meanOut = means(dOut, 5);
        INDArray product = rows(array(0, out.shape())).assign(dOut).muli(centred);
        INDArray along = array(2, dOut.size(1));
        sumColumns(product, along);
        along.muli(perDeviation); // the sum of dy·x̂
        if (own.dWeights() != null) {
            own.dWeights().assign(along);
            own.dBiases().assign(meanOut.mul(dOut.size(0)));
        }
        if (!wanted) {
            return null;
        }
        INDArray scale = own.weights().mul(perDeviation);
        Nd4j.exec(new BroadcastSubOp(dOut, meanOut, dOut, 1));
        Nd4j.exec(new BroadcastMulOp(dOut, scale, dOut, 1));
        Nd4j.exec(new BroadcastMulOp(centred, along.mul(scale).muli(perDeviation).divi(dOut.size(0)), centred, 1));
        dOut.subi(centred);
        return out;
    }

    @Override
    void afterStep() {
        seenMean.assign(nextMean);
        seenSpread.assign(logarithm ? Transforms.log(nextVariance).divi(2 * Math.log(10)) : nextVariance);
    }
}
