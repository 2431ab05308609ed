package siamese.model;

import java.util.Objects;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The contrastive loss read off the matrix of all distances between n embeddings, so that an image is embedded once
 * however many pairs it is in. With embeddings E (n × d), q = diag(EEᵀ), and weights P of the similar and N of the
 * dissimilar pairs (n × n, entry (i, j) for the pair of the rows i and j):
 *
 * <pre>D² = q1ᵀ + 1qᵀ − 2EEᵀ      L = Σ P·D² + N·max(0, m − D)²      W = ∂L/∂D² = P − N·max(0, m − D)/D
 * S = W + Wᵀ                  ∂L/∂E = 2(diag(S1) − S)E</pre>
 *
 * <p>Where D is 0, W has no dissimilar part, as in Deeplearning4j's {@code L2Vertex}. The cosine distance is half of the
 * D² of the embeddings' directions.
 *
 * @param distance of two embeddings
 * @param margin of the contrastive loss, greater than 0
 * @param violatingOnly whether the dissimilar pairs that are closer than the margin share the weight of all of them
 */
record PairMatrixLoss(Distance distance, double margin, boolean violatingOnly) implements BatchLoss {

    private static final double NEAR_ZERO = 1e-4;

    PairMatrixLoss {
        Objects.requireNonNull(distance, "distance");
        new ContrastiveLoss(margin);
    }

    @Override
    public Result of(INDArray embeddings, double[] weights) {
        int n = (int) embeddings.size(0);
        INDArray lengths = null;
        INDArray e = embeddings;
        if (distance == Distance.COSINE) {
            lengths = BatchLoss.lengths(embeddings);
            e = embeddings.div(lengths);
        }
        double[] distances = distances(e);
        double scale = violatingOnly ? violating(distances, weights) : 1;
        double[] forces = new double[n * n]; // diag(S1) − S
        double loss = 0;
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                double similar = weights[2 * n * i + j];
                double dissimilar = scale * weights[2 * n * i + n + j];
                if (similar == 0 && dissimilar == 0) {
                    continue;
                }
                double d = distances[n * i + j];
                double missing = Math.max(0, margin - d);
                loss += similar * d * d + dissimilar * missing * missing;
                double w = distance == Distance.COSINE ? similar * d - dissimilar * missing
                        : similar - (d < NEAR_ZERO ? 0 : dissimilar * missing / d);
                forces[n * i + j] -= w;
                forces[n * j + i] -= w;
                forces[n * i + i] += w;
                forces[n * j + j] += w;
            }
        }
        INDArray gradient = Nd4j.create(forces, new long[] {n, n}, 'c').castTo(e.dataType()).mmul(e).muli(2);
        if (lengths != null) {
            BatchLoss.backThroughDirections(gradient, e, lengths);
        }
        return new Result(loss, gradient);
    }

    /** The distance of every two rows, row by row. */
    private double[] distances(INDArray e) {
        int n = (int) e.size(0);
        double[] products = e.mmul(e.transpose()).data().asDouble(); // symmetric: the order of the matrix does not matter
        double[] lengths = new double[n];
        for (int i = 0; i < n; i++) {
            lengths[i] = products[n * i + i];
        }
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                double squared = Math.max(0, lengths[i] + lengths[j] - 2 * products[n * i + j]);
                products[n * i + j] = distance == Distance.COSINE ? squared / 2 : Math.sqrt(squared);
            }
        }
        return products;
    }

    /** How many times heavier the dissimilar pairs within the margin must be so that they weigh as much as all. */
    private double violating(double[] distances, double[] weights) {
        int n = (int) Math.sqrt(distances.length);
        double all = 0;
        double within = 0;
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                double weight = weights[2 * n * i + n + j];
                all += weight;
                within += distances[n * i + j] < margin ? weight : 0;
            }
        }
        return within > 0 ? all / within : 1;
    }
}
