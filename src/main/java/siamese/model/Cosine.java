package siamese.model;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;

/** The cosine distance 1 − cos(a, b). */
final class Cosine implements Distance {

    private static final double SHORTEST = 1e-8;

    @Override
    public double of(double[] a, double[] b) {
        double na = norm(a);
        double nb = norm(b);
        double sum = 0;
        for (int k = 0; k < a.length; k++) {
            double d = a[k] / na - b[k] / nb;
            sum += d * d;
        }
        return sum / 2;
    }

    @Override
    public double[] slope(double[] a, double[] b) {
        double na = norm(a);
        double nb = norm(b);
        double cosine = 0;
        for (int k = 0; k < a.length; k++) {
            cosine += a[k] / na * b[k] / nb;
        }
        double[] slope = new double[a.length];
        for (int k = 0; k < a.length; k++) {
            slope[k] = (cosine * a[k] / na - b[k] / nb) / na;
        }
        return slope;
    }

    private static double norm(double[] v) {
        double sum = 0;
        for (double x : v) {
            sum += x * x;
        }
        return Math.max(Math.sqrt(sum), SHORTEST);
    }

    @Override
    public double[] matrix(INDArray embeddings) {
        double[] distances = EUCLIDEAN.matrix(embeddings.div(lengths(embeddings)));
        for (int k = 0; k < distances.length; k++) {
            distances[k] *= distances[k] / 2;
        }
        return distances;
    }

    @Override
    public INDArray gradient(INDArray embeddings, double[] distances, double[] slopes) {
        for (int k = 0; k < slopes.length; k++) {
            slopes[k] /= 2; // the distance is half of the directions' D²
        }
        INDArray lengths = lengths(embeddings);
        INDArray directions = embeddings.div(lengths);
        return throughDirections(Euclidean.pulled(directions, slopes), directions, lengths);
    }

    /** {@return the lengths of embeddings, shape [n, 1]; of those almost without length a smallest one} */
    static INDArray lengths(INDArray embeddings) {
        return Transforms.max(embeddings.norm2(true, 1), SHORTEST);
    }

    /**
     * The gradient with respect to the embeddings of one with respect to directions: only what turns one reaches them.
     */
    static INDArray throughDirections(INDArray gradient, INDArray directions, INDArray lengths) {
        return gradient.subi(directions.mulColumnVector(gradient.mul(directions).sum(true, 1)))
                .diviColumnVector(lengths);
    }

    @Override
    public String toString() {
        return "cosine";
    }
}
