package siamese.evaluation;

import java.util.Arrays;
import java.util.stream.Stream;
import org.apache.commons.lang3.Validate;
import org.apache.commons.math3.linear.MatrixUtils;
import org.apache.commons.math3.stat.StatUtils;
import org.apache.commons.math3.util.MathArrays;

/** What signatures are verified by, besides a network: time warping, and the template of a signer. */
public final class Signatures {

    private Signatures() {
    }

    /**
     * {@return the dynamic time warping distance of two sequences, 0 or more; symmetric, 0 for the same}
     *
     * <p>Both begin and end together; in between either may wait for the other: of all ways to walk through both, the
     * one with the smallest sum of Euclidean distances of the moments it joins, divided by the sum of the lengths (H.
     * Sakoe and S. Chiba, "Dynamic programming algorithm optimization for spoken word recognition", IEEE Transactions
     * on Acoustics, Speech, and Signal Processing 26, 1978, doi:10.1109/TASSP.1978.1163055).
     *
     * @param a a sequence: {@code a[k]} is curve k, all of one length
     * @param b a sequence of as many curves, of its own length
     * @param band how many moments one may be ahead of the other, beyond the difference of the lengths; at least 0
     * @throws IllegalArgumentException if the numbers of curves differ, or there is none or no moment
     */
    public static double timeWarping(double[][] a, double[][] b, int band) {
        Validate.isTrue(a.length == b.length && a.length > 0 && a[0].length > 0 && b[0].length > 0 && band >= 0,
                "a and b must have as many curves, of at least one moment, and band be at least 0, but have %s, %s "
                + "and %s.",
                a.length, b.length, band);
        double[][] first = MatrixUtils.createRealMatrix(a).transpose().getData();
        double[][] second = MatrixUtils.createRealMatrix(b).transpose().getData();
        int reach = band + Math.abs(first.length - second.length);
        double[][] sum = new double[first.length + 1][second.length + 1];
        Stream.of(sum).forEach(row -> Arrays.fill(row, Double.POSITIVE_INFINITY));
        sum[0][0] = 0;
        for (int i = 1; i <= first.length; i++) {
            for (int j = Math.max(1, i - reach); j <= Math.min(second.length, i + reach); j++) {
                sum[i][j] = MathArrays.distance(first[i - 1], second[j - 1])
                        + Math.min(sum[i - 1][j - 1], Math.min(sum[i - 1][j], sum[i][j - 1]));
            }
        }
        return sum[first.length][second.length] / (first.length + second.length);
    }

    /**
     * What is kept of a signer, as in 1993: of each number of the embedding the mean and the variance over some
     * signatures. The numbers are taken as independent and normally distributed.
     *
     * @param mean of each number
     * @param variance of each number, greater than 0
     */
    public record Template(double[] mean, double[] variance) {

        private static final double SMALLEST = 1e-6;

        /**
         * {@return the template of some signatures}
         *
         * @param embeddings one row a signature, at least two
         * @param shared how much of each number's variance is the mean over all numbers, 0 to 1: from six signatures a
         *     variance is badly known; at 1 all numbers have one variance
         * @throws IllegalArgumentException if there are fewer than two, or {@code shared} is out of range
         */
        public static Template of(double[][] embeddings, double shared) {
            Validate.isTrue(embeddings.length >= 2 && shared >= 0 && shared <= 1, "embeddings must be of at least two "
                    + "signatures and shared 0 to 1, but they are %s and %s.", embeddings.length, shared);
            double[][] columns = MatrixUtils.createRealMatrix(embeddings).transpose().getData();
            double[] mean = Stream.of(columns).mapToDouble(StatUtils::mean).toArray();
            double[] variance = Stream.of(columns).mapToDouble(StatUtils::variance).toArray();
            double all = Arrays.stream(variance).average().orElseThrow();
            Arrays.setAll(variance, k -> Math.max(SMALLEST, shared * all + (1 - shared) * variance[k]));
            return new Template(mean, variance);
        }

        /**
         * {@return the natural logarithm of the density at an embedding, divided by the number of its components}
         *
         * @param embedding as long as the mean
         */
        public double logDensity(double[] embedding) {
            double sum = 0;
            for (int k = 0; k < mean.length; k++) {
                double off = embedding[k] - mean[k];
                sum -= (off * off / variance[k] + Math.log(2 * Math.PI * variance[k])) / 2;
            }
            return sum / mean.length;
        }
    }
}
