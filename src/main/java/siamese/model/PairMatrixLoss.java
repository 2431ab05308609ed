package siamese.model;

import java.util.Objects;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.ILossFunction;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * The contrastive loss read off the matrix of all distances between n embeddings, so that an image is embedded once
 * however many pairs it is in. With embeddings E (n × d), q = diag(EEᵀ), and weights P of the similar and N of the
 * dissimilar pairs (n × n, entry (i, j) for the pair of the rows i and j):
 *
 * <pre>D² = q1ᵀ + 1qᵀ − 2EEᵀ      L = Σ P·D² + N·max(0, m − D)²      W = ∂L/∂D² = P − N·max(0, m − D)/D
 * S = W + Wᵀ                  ∂L/∂E = 2(diag(S1)E − SE)</pre>
 *
 * <p>Where D is 0, W has no dissimilar part, as in Deeplearning4j's {@code L2Vertex}. The cosine distance is half of the
 * D² of the embeddings' directions. As labels it reads P and N side by side, shape [n, 2n]. Deeplearning4j divides loss
 * and gradient by the number of rows, so that both are multiplied by it here.
 *
 * @param distance of two embeddings
 * @param margin of the contrastive loss, greater than 0
 * @param violatingOnly whether the dissimilar pairs that are closer than the margin share the weight of all of them
 */
record PairMatrixLoss(Distance distance, double margin, boolean violatingOnly) implements ILossFunction {

    private static final double NEAR_ZERO = 1e-4;
    private static final double SHORTEST = 1e-8;

    PairMatrixLoss {
        Objects.requireNonNull(distance, "distance");
        new ContrastiveLoss(margin);
    }

    @Override
    public Pair<Double, INDArray> computeGradientAndScore(INDArray labels, INDArray preOutput, IActivation activation, INDArray mask,
            boolean average) {
        INDArray output = activation.getActivation(preOutput.dup(), true);
        INDArray lengths = null;
        INDArray e = output;
        if (distance == Distance.COSINE) {
            lengths = Transforms.max(output.norm2(true, 1), SHORTEST);
            e = output.div(lengths);
        }
        double[][] products = e.mmul(e.transpose()).toDoubleMatrix();
        double[][] weights = labels.toDoubleMatrix();
        int n = products.length;
        double[][] s = new double[n][n];
        double loss = 0;
        double scale = violatingOnly ? violating(products, weights) : 1;
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                double similar = weights[i][j];
                double dissimilar = scale * weights[i][n + j];
                double squared = Math.max(0, products[i][i] + products[j][j] - 2 * products[i][j]);
                double d = distance == Distance.COSINE ? squared / 2 : Math.sqrt(squared);
                double missing = Math.max(0, margin - d);
                loss += similar * d * d + dissimilar * missing * missing;
                double w = distance == Distance.COSINE ? similar * d - dissimilar * missing
                        : similar - (d < NEAR_ZERO ? 0 : dissimilar * missing / d);
                s[i][j] += w;
                s[j][i] += w;
            }
        }
        INDArray forces = Nd4j.create(s).castTo(e.dataType());
        INDArray gradient = e.mulColumnVector(forces.sum(true, 1)).subi(forces.mmul(e)).muli(2.0 * n);
        if (lengths != null) { // only what turns a direction reaches the embedding
            gradient.subi(e.mulColumnVector(gradient.mul(e).sum(true, 1))).diviColumnVector(lengths);
        }
        return new Pair<>(loss * n, activation.backprop(preOutput.dup(), gradient).getFirst());
    }

    /** How many times heavier the dissimilar pairs within the margin must be so that they weigh as much as all. */
    private double violating(double[][] products, double[][] weights) {
        int n = products.length;
        double all = 0;
        double within = 0;
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                double squared = Math.max(0, products[i][i] + products[j][j] - 2 * products[i][j]);
                all += weights[i][n + j];
                within += (distance == Distance.COSINE ? squared / 2 : Math.sqrt(squared)) < margin ? weights[i][n + j] : 0;
            }
        }
        return within > 0 ? all / within : 1;
    }

    @Override
    public double computeScore(INDArray labels, INDArray preOutput, IActivation activation, INDArray mask, boolean average) {
        double score = computeGradientAndScore(labels, preOutput, activation, mask, average).getFirst();
        return average ? score / preOutput.size(0) : score;
    }

    @Override
    public INDArray computeGradient(INDArray labels, INDArray preOutput, IActivation activation, INDArray mask) {
        return computeGradientAndScore(labels, preOutput, activation, mask, false).getSecond();
    }

    @Override
    public INDArray computeScoreArray(INDArray labels, INDArray preOutput, IActivation activation, INDArray mask) {
        throw new UnsupportedOperationException("A loss of pairs has no score for a single image.");
    }

    @Override
    public String name() {
        return toString();
    }
}
