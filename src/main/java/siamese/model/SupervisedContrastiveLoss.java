package siamese.model;

import org.apache.commons.lang3.Validate;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The supervised contrastive loss of P. Khosla et al., "Supervised Contrastive Learning" (NeurIPS 2020,
 * arXiv:2004.11362), there L<sub>out</sub>: of all examples of the batch, those of its own class shall be the nearest
 * to an example. It teaches directions and so goes with the cosine distance. With the directions z of n embeddings, the
 * temperature τ, and the examples S(i) of the batch that are of the class of example i:
 *
 * <pre>L = 1/n Σᵢ 1/|S(i)| Σ_{j∈S(i)} −log( exp(zᵢ·zⱼ/τ) / Σ_{k≠i} exp(zᵢ·z_k/τ) )
 * G = ∂L/∂(zᵢ·zⱼ/τ) = (exp(zᵢ·zⱼ/τ) / Σ_{k≠i} exp(zᵢ·z_k/τ) − [j∈S(i)]/|S(i)|) / n      ∂L/∂z = (G + Gᵀ)z/τ</pre>
 *
 * <p>Examples that are alone in their class do not count.
 *
 * @param temperature τ, greater than 0: the smaller, the more the nearest examples count
 */
public record SupervisedContrastiveLoss(double temperature) implements Loss {

    /**
     * Checks the temperature.
     *
     * @throws IllegalArgumentException if it is not greater than 0
     */
    public SupervisedContrastiveLoss {
        Validate.isTrue(temperature > 0 && Double.isFinite(temperature), "temperature must be greater than 0, but is "
                + "%s; try 0.05.", temperature);
    }

    @Override
    public Result of(INDArray embeddings, Batch batch) {
        int[] labels = batch.labels();
        int n = labels.length;
        INDArray lengths = Cosine.lengths(embeddings);
        INDArray directions = embeddings.div(lengths);
        // symmetric: the order does not matter
        double[] cosines = directions.mmul(directions.transpose()).data().asDouble();
        double[] gradient = new double[n * n]; // G + Gᵀ
        double[] powers = new double[n];
        double loss = 0;
        for (int i = 0; i < n; i++) {
            double nearest = -1;
            int similar = 0;
            for (int j = 0; j < n; j++) {
                if (j != i) {
                    nearest = Math.max(nearest, cosines[n * i + j]);
                    similar += labels[i] == labels[j] ? 1 : 0;
                }
            }
            double all = 0;
            for (int j = 0; j < n; j++) {
                powers[j] = j == i ? 0 : Math.exp((cosines[n * i + j] - nearest) / temperature);
                all += powers[j]; // at least 1: nothing gets lost
            }
            double logarithm = Math.log(all);
            for (int j = 0; j < n; j++) {
                if (j != i && similar > 0) {
                    double g = powers[j] / all / n;
                    if (labels[i] == labels[j]) {
                        g -= 1.0 / similar / n;
                        loss += (logarithm - (cosines[n * i + j] - nearest) / temperature) / similar / n;
                    }
                    gradient[n * i + j] += g;
                    gradient[n * j + i] += g;
                }
            }
        }
        INDArray pulled = Nd4j.create(gradient, new long[] {n, n}, 'c').castTo(directions.dataType()).mmul(directions)
                .divi(temperature);
        return new Result(loss, Cosine.throughDirections(pulled, directions, lengths));
    }
}
