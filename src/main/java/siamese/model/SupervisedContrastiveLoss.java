package siamese.model;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The supervised contrastive loss of P. Khosla et al., "Supervised Contrastive Learning" (NeurIPS 2020, arXiv:2004.11362),
 * there L<sub>out</sub>. With the directions z of n embeddings, the temperature τ, and the images S(i) of the batch that
 * are similar to image i:
 *
 * <pre>L = 1/n Σᵢ 1/|S(i)| Σ_{j∈S(i)} −log( exp(zᵢ·zⱼ/τ) / Σ_{k≠i} exp(zᵢ·z_k/τ) )
 * G = ∂L/∂(zᵢ·zⱼ/τ) = (exp(zᵢ·zⱼ/τ) / Σ_{k≠i} exp(zᵢ·z_k/τ) − [j∈S(i)]/|S(i)|) / n      ∂L/∂z = (G + Gᵀ)z/τ</pre>
 *
 * <p>Images without a similar one do not count.
 *
 * @param temperature τ, greater than 0: the smaller, the more the nearest images count
 */
record SupervisedContrastiveLoss(double temperature) implements BatchLoss {

    @Override
    public Result of(INDArray embeddings, double[] weights) {
        int n = (int) embeddings.size(0);
        INDArray lengths = BatchLoss.lengths(embeddings);
        INDArray directions = embeddings.div(lengths);
        double[] cosines = directions.mmul(directions.transpose()).data().asDouble(); // symmetric: the order does not matter
        double[] gradient = new double[n * n]; // G + Gᵀ
        double[] powers = new double[n];
        double loss = 0;
        for (int i = 0; i < n; i++) {
            double nearest = -1;
            int similar = 0;
            for (int j = 0; j < n; j++) {
                if (j != i) {
                    nearest = Math.max(nearest, cosines[n * i + j]);
                    similar += similar(weights, n, i, j) ? 1 : 0;
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
                    if (similar(weights, n, i, j)) {
                        g -= 1.0 / similar / n;
                        loss += (logarithm - (cosines[n * i + j] - nearest) / temperature) / similar / n;
                    }
                    gradient[n * i + j] += g;
                    gradient[n * j + i] += g;
                }
            }
        }
        INDArray result = Nd4j.create(gradient, new long[] {n, n}, 'c').castTo(directions.dataType()).mmul(directions).divi(temperature);
        BatchLoss.backThroughDirections(result, directions, lengths);
        return new Result(loss, result);
    }

    private static boolean similar(double[] weights, int n, int i, int j) {
        return weights[2 * n * i + j] > 0 || weights[2 * n * j + i] > 0;
    }
}
