package siamese.model;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * How far apart two embeddings are; symmetric. A distance of your own needs {@link #of} and {@link #slope}; if it
 * learns, its numbers are its {@link #parameters()}, and the loss that it is trained with gives their gradient.
 */
public interface Distance {

    /** The Euclidean distance ‖a − b‖, 0 or more. */
    Distance EUCLIDEAN = new Euclidean();

    /**
     * The cosine distance 1 − cos(a, b), from 0 (same direction) over 1 (orthogonal) to 2 (opposite). It is not a
     * metric: the triangle inequality does not hold. Computed as ½‖a/‖a‖ − b/‖b‖‖²; an embedding of length 0 has no
     * direction and is ½ away from all others.
     */
    Distance COSINE = new Cosine();

    /**
     * {@return the distance of two embeddings, 0 or more}
     *
     * @param a an embedding
     * @param b an embedding with as many components
     */
    double of(double[] a, double[] b);

    /**
     * {@return the gradient of the distance with respect to a, ∂D(a, b)/∂a; that with respect to b is
     * {@code slope(b, a)}}
     *
     * @param a an embedding
     * @param b an embedding with as many components
     */
    double[] slope(double[] a, double[] b);

    /** {@return what training may change in the distance, in place; null if nothing} */
    default INDArray parameters() {
        return null;
    }

    /**
     * {@return the distance of every two rows: number {@code i * n + j} is that of rows i and j}
     *
     * @param embeddings shape [n, d], float or double
     */
    default double[] matrix(INDArray embeddings) {
        double[][] rows = embeddings.castTo(DataType.DOUBLE).toDoubleMatrix();
        int n = rows.length;
        double[] distances = new double[n * n];
        for (int i = 0; i < n; i++) {
            for (int j = i + 1; j < n; j++) {
                distances[i * n + j] = distances[j * n + i] = of(rows[i], rows[j]);
            }
        }
        return distances;
    }

    /**
     * {@return the gradient of a loss with respect to the embeddings, shape [n, d]}
     *
     * @param embeddings shape [n, d], float or double; not changed
     * @param distances what {@link #matrix} gave for them
     * @param slopes the derivative of the loss by each distance, as {@code distances} is ordered; those of (i, j) and
     *     (j, i) are added; changed
     */
    default INDArray gradient(INDArray embeddings, double[] distances, double[] slopes) {
        double[][] rows = embeddings.castTo(DataType.DOUBLE).toDoubleMatrix();
        int n = rows.length;
        double[][] gradient = new double[n][rows[0].length];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                double slope = slopes[i * n + j] + slopes[j * n + i];
                if (i != j && slope != 0) {
                    double[] part = slope(rows[i], rows[j]);
                    for (int k = 0; k < part.length; k++) {
                        gradient[i][k] += slope * part[k];
                    }
                }
            }
        }
        return Nd4j.createFromArray(gradient).castTo(embeddings.dataType());
    }
}
