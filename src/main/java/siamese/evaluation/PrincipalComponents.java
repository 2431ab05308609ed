package siamese.evaluation;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.apache.commons.lang3.Validate;
import org.apache.commons.math3.util.MathArrays;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.eigen.Eigen;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The directions in which points spread most, from a principal component analysis (K. Pearson, 1901,
 * doi:10.1080/14786440109462720).
 *
 * @param mean the middle of the points
 * @param axes unit vectors at right angles to each other, the widest spread first; the largest component of each, by
 *     size, is positive
 * @param shares which part of the whole variance lies along each axis, 0 to 1
 */
public record PrincipalComponents(double[] mean, double[][] axes, double[] shares) {

    /**
     * {@return points as their coordinates along the axes, measured from the mean}
     *
     * @param points with as many components as the mean
     * @throws IllegalArgumentException if they have another number
     */
    public Embeddings project(Embeddings points) {
        Embeddings.checkDimensions("points", points.dimensions(), mean.length);
        return points.map(this::coordinates);
    }

    /**
     * {@return for each point how far it is from its projection onto the axes: the reconstruction error}
     *
     * @param points with as many components as the mean
     * @throws IllegalArgumentException if they have another number
     */
    public double[] errors(Embeddings points) {
        Embeddings.checkDimensions("points", points.dimensions(), mean.length);
        INDArray rows = Nd4j.createFromArray(points.vectors()).subiRowVector(Nd4j.createFromArray(mean));
        INDArray directions = Nd4j.createFromArray(axes);
        return rows.subi(rows.mmul(directions.transpose()).mmul(directions)).norm2(1).toDoubleVector();
    }

    /**
     * {@return the point that has the given coordinates along the axes}
     *
     * @param coordinates one an axis
     * @throws IllegalArgumentException if there are more or fewer
     */
    public double[] reconstruct(double... coordinates) {
        Embeddings.checkDimensions("coordinates", coordinates.length, axes.length);
        double[] point = mean.clone();
        for (int a = 0; a < axes.length; a++) {
            for (int k = 0; k < point.length; k++) {
                point[k] += coordinates[a] * axes[a][k];
            }
        }
        return point;
    }

    private double[] coordinates(double[] vector) {
        return Arrays.stream(axes).mapToDouble(axis -> IntStream.range(0, mean.length)
                .mapToDouble(k -> (vector[k] - mean[k]) * axis[k]).sum()).toArray();
    }

    /** The first k components of some points. */
    static PrincipalComponents of(Embeddings points, int k) {
        Validate.isTrue(k >= 1 && k <= points.dimensions(), "k must be 1 to %s, the number of components of a point, "
                + "but is %s.", points.dimensions(), k);
        INDArray rows = Nd4j.createFromArray(points.vectors());
        INDArray mean = rows.mean(0);
        INDArray centred = rows.subRowVector(mean);
        INDArray covariance = centred.transpose().mmul(centred);
        covariance = covariance.add(covariance.transpose()).divi(2.0 * points.size()); // exactly symmetric
        INDArray columns = covariance.dup('f'); // become the eigenvectors, by LAPACK's dsyev, in ascending order
        double[] variances = Eigen.symmetricGeneralizedEigenvalues(columns).toDoubleVector();
        double sum = Arrays.stream(variances).sum();
        Validate.isTrue(sum > 0, "All %s points are the same, so they spread in no direction.", points.size());
        int last = variances.length - 1;
        return new PrincipalComponents(mean.toDoubleVector(),
                IntStream.range(0, k).mapToObj(a -> signed(columns.getColumn(last - a).toDoubleVector()))
                        .toArray(double[][]::new),
                IntStream.range(0, k).mapToDouble(a -> Math.max(0, variances[last - a]) / sum).toArray());
    }

    /** The same direction, with the largest component (the first of them) positive. */
    private static double[] signed(double[] axis) {
        double largest = 0;
        for (double value : axis) {
            largest = Math.abs(value) > Math.abs(largest) * (1 + 1e-9) ? value : largest;
        }
        return largest < 0 ? MathArrays.scale(-1, axis) : axis;
    }
}
