package siamese.model;

import org.apache.commons.math3.util.MathArrays;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** The Euclidean distance ‖a − b‖. */
final class Euclidean implements Distance {

    /** Two rows nearer than this are taken for one point, at which the distance has no gradient. */
    private static final double NEAR_ZERO = 1e-4;

    @Override
    public double of(double[] a, double[] b) {
        return MathArrays.distance(a, b);
    }

    @Override
    public double[] slope(double[] a, double[] b) {
        double d = of(a, b);
        double[] slope = new double[a.length];
        for (int k = 0; k < a.length && d > 0; k++) {
            slope[k] = (a[k] - b[k]) / d;
        }
        return slope;
    }

    /** D² = q1ᵀ + 1qᵀ − 2EEᵀ with q = diag(EEᵀ). */
    @Override
    public double[] matrix(INDArray e) {
        int n = (int) e.size(0);
        // symmetric: the order of the matrix does not matter
        double[] products = e.mmul(e.transpose()).data().asDouble();
        double[] squares = new double[n];
        for (int i = 0; i < n; i++) {
            squares[i] = products[n * i + i];
        }
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                products[n * i + j] = Math.sqrt(Math.max(0, squares[i] + squares[j] - 2 * products[n * i + j]));
            }
        }
        return products;
    }

    /** With W = ∂L/∂D² and S = W + Wᵀ it is 2(diag(S1) − S)E; where D is 0, W is 0, as in Deeplearning4j's L2Vertex. */
    @Override
    public INDArray gradient(INDArray e, double[] distances, double[] slopes) {
        for (int k = 0; k < slopes.length; k++) {
            slopes[k] = distances[k] < NEAR_ZERO ? 0 : slopes[k] / (2 * distances[k]);
        }
        return pulled(e, slopes);
    }

    /** 2(diag(S1) − S)E. */
    static INDArray pulled(INDArray e, double[] w) {
        int n = (int) e.size(0);
        double[] forces = new double[n * n];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                double force = w[n * i + j];
                if (force != 0) {
                    forces[n * i + j] -= force;
                    forces[n * j + i] -= force;
                    forces[n * i + i] += force;
                    forces[n * j + j] += force;
                }
            }
        }
        return Nd4j.create(forces, new long[] {n, n}, 'c').castTo(e.dataType()).mmul(e).muli(2);
    }

    @Override
    public String toString() {
        return "Euclidean";
    }
}
