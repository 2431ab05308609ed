package siamese.model;

import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.activations.BaseActivationFunction;
import org.nd4j.linalg.api.ndarray.INDArray;

/** f(x) = x²/2, which turns the Euclidean distance of two vectors of length 1 into their cosine distance. */
final class HalfSquare extends BaseActivationFunction {

    private static final long serialVersionUID = 1;

    @Override
    public INDArray getActivation(INDArray in, boolean training) {
        return in.muli(in).muli(0.5);
    }

    @Override
    public Pair<INDArray, INDArray> backprop(INDArray in, INDArray epsilon) {
        assertShape(in, epsilon);
        return new Pair<>(in.muli(epsilon), null);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof HalfSquare;
    }

    @Override
    public int hashCode() {
        return HalfSquare.class.hashCode();
    }

    @Override
    public String toString() {
        return "half square";
    }
}
