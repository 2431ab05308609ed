package siamese.model;

/** How far apart two embeddings are. */
public enum Distance {

    /** The Euclidean distance ‖a − b‖, 0 or more. */
    EUCLIDEAN {
        @Override
        public double of(double[] a, double[] b) {
            double sum = 0;
            for (int k = 0; k < a.length; k++) {
                sum += (a[k] - b[k]) * (a[k] - b[k]);
            }
            return Math.sqrt(sum);
        }
    },

    /**
     * The cosine distance 1 − cos(a, b), from 0 (same direction) over 1 (orthogonal) to 2 (opposite). It is not a metric:
     * the triangle inequality does not hold. Computed as ½‖a/‖a‖ − b/‖b‖‖²; an embedding of length 0 has no direction and
     * is ½ away from all others.
     */
    COSINE {
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
    };

    /**
     * {@return the distance of two embeddings}
     *
     * @param a an embedding
     * @param b an embedding with as many components
     */
    public abstract double of(double[] a, double[] b);

    private static double norm(double[] v) {
        double sum = 0;
        for (double x : v) {
            sum += x * x;
        }
        return Math.max(Math.sqrt(sum), 1e-8);
    }
}
