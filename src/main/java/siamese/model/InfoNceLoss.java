package siamese.model;

import org.apache.commons.lang3.Validate;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Each pair of one class against all that is of other classes, as a question with one right answer. With the
 * temperature τ, the distance D, and x = −D/τ, for an example a and each other example p of its class:
 *
 * <pre>L = mean of −log( exp(x_ap) / (exp(x_ap) + Σₙ exp(x_an)) ),  n over the examples of other classes</pre>
 *
 * <p>K. Sohn, "Improved Deep Metric Learning with Multi-class N-pair Loss Objective" (NIPS 2016), there with one
 * positive and products of embeddings; A. van den Oord, Y. Li and O. Vinyals, "Representation Learning with Contrastive
 * Predictive Coding" (arXiv:1807.03748), who call it InfoNCE. With the cosine distance, and two views of a picture as a
 * class of its own, it is the loss of SimCLR (T. Chen et al., arXiv:2002.05709). It differs from
 * {@link SupervisedContrastiveLoss} in that the other examples of a's class are not among what p competes with.
 *
 * @param temperature τ, greater than 0: the smaller, the more the nearest examples count
 */
public record InfoNceLoss(double temperature) implements Loss {

    /**
     * Checks the temperature.
     *
     * @throws IllegalArgumentException if it is not greater than 0
     */
    public InfoNceLoss {
        Validate.isTrue(temperature > 0 && Double.isFinite(temperature), "temperature must be greater than 0, but is "
                + "%s; try 0.1.", temperature);
    }

    @Override
    public Result of(INDArray embeddings, Batch batch) {
        int[] labels = batch.labels();
        int n = labels.length;
        double[] d = batch.distance().matrix(embeddings);
        double[] slopes = new double[d.length];
        double loss = 0;
        int pairs = 0;
        for (int a = 0; a < n; a++) {
            double nearest = Double.POSITIVE_INFINITY;
            for (int k = 0; k < n; k++) {
                nearest = labels[k] == labels[a] ? nearest : Math.min(nearest, d[n * a + k]);
            }
            double sum = 0; // of exp(x), the nearest negative's being 1, so that nothing gets lost
            for (int k = 0; k < n; k++) {
                slopes[n * a + k] = labels[k] == labels[a] ? 0 : Math.exp((nearest - d[n * a + k]) / temperature);
                sum += slopes[n * a + k];
            }
            double negatives = Math.log(sum) - nearest / temperature;
            double wrong = 0; // the probability of a wrong answer, over all positives
            for (int p = 0; p < n; p++) {
                if (p != a && labels[p] == labels[a]) {
                    double excess = negatives + d[n * a + p] / temperature;
                    double share = 1 / (1 + Math.exp(-excess));
                    loss += Math.max(0, excess) + Math.log1p(Math.exp(-Math.abs(excess)));
                    slopes[n * a + p] = share / temperature;
                    wrong += share;
                    pairs++;
                }
            }
            for (int k = 0; k < n; k++) {
                if (labels[k] != labels[a]) {
                    slopes[n * a + k] = -wrong * slopes[n * a + k] / sum / temperature;
                }
            }
        }
        int count = Math.max(1, pairs);
        for (int k = 0; k < slopes.length; k++) {
            slopes[k] /= count;
        }
        return new Result(loss / count, batch.distance().gradient(embeddings, d, slopes));
    }
}
