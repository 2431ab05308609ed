package siamese.model;

import java.util.Arrays;
import java.util.Random;
import org.apache.commons.lang3.Validate;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * ArcFace, a classifier whose embeddings serve as a metric: each class has a direction of its own, which is learned
 * with the network; with the angle θ between an embedding and a class's direction, it is the cross-entropy over
 * s·cos θ, where the angle to the own class is made larger by a margin m:
 *
 * <pre>L = mean of −log( exp(s·cos(θ + m)) / (exp(s·cos(θ + m)) + Σ over other classes of exp(s·cos θ)) )</pre>
 *
 * <p>J. Deng et al., "ArcFace: Additive Angular Margin Loss for Deep Face Recognition" (CVPR 2019, arXiv:1801.07698).
 * Where θ + m would exceed π, cos θ − m·sin m takes the place of cos(θ + m), which would fall no further. It teaches
 * directions and so goes with the cosine distance; what the network is trained on must have the classes 0 to
 * {@code classes − 1}.
 */
public final class ArcFaceLoss implements Loss {

    private final INDArray parameters;
    private final double scale;
    private final double margin;
    private final String name;

    /**
     * Draws the directions of the classes.
     *
     * @param classes how many, at least 2
     * @param dimensions of an embedding, at least 1
     * @param scale s, greater than 0
     * @param margin m in radians, 0 to π/2
     * @param seed of the directions
     * @throws IllegalArgumentException if a value is out of range
     */
    public ArcFaceLoss(int classes, int dimensions, double scale, double margin, long seed) {
        Validate.isTrue(classes >= 2 && dimensions >= 1 && scale > 0 && scale < 1e6 && margin >= 0
                && margin <= Math.PI / 2, "ArcFace needs at least 2 classes and 1 dimension, a scale greater than 0 "
                + "and a margin from 0 to π/2, but has %s, %s, %s and %s; try 16 and 0.3.", classes, dimensions, scale,
                margin);
        Random random = new Random(seed);
        parameters = Nd4j.createFromArray(random.doubles((long) classes * dimensions, -1, 1).toArray())
                .reshape(classes, dimensions);
        this.scale = scale;
        this.margin = margin;
        name = "ArcFaceLoss[classes=" + classes + ", dimensions=" + dimensions + ", scale=" + scale + ", margin="
                + margin + ", seed=" + seed + "]";
    }

    /** {@return the directions of the classes, of any length, shape [classes, dimensions]} */
    @Override
    public INDArray parameters() {
        return parameters;
    }

    /**
     * {@inheritDoc}
     *
     * @throws IllegalArgumentException if an example is of a class that is not among those of the loss
     */
    @Override
    public Result of(INDArray embeddings, Batch batch) {
        INDArray e = embeddings.castTo(DataType.DOUBLE);
        INDArray lengths = Cosine.lengths(e);
        INDArray directions = e.div(lengths);
        INDArray classLengths = Cosine.lengths(parameters);
        INDArray classDirections = parameters.div(classLengths);
        double[][] logits = directions.mmul(classDirections.transpose()).toDoubleMatrix();
        double loss = 0;
        for (int i = 0; i < logits.length; i++) { // makes of the cosines the slopes of the loss by each
            int own = batch.labels()[i];
            Validate.isTrue(own < logits[i].length, "An example is of class %s, but this loss has %s classes, from 0 "
                    + "on; give it as many as the examples have.", own, logits[i].length);
            double cosine = Math.max(-1, Math.min(1, logits[i][own]));
            double angle = Math.acos(cosine);
            boolean within = angle + margin <= Math.PI;
            double turned = within ? Math.cos(angle + margin) : cosine - margin * Math.sin(margin);
            double slope = within ? Math.sin(angle + margin) / Math.max(Math.sin(angle), 1e-6) : 1;
            logits[i][own] = turned;
            double most = Arrays.stream(logits[i]).max().orElseThrow(); // its power is 1: nothing gets lost
            double sum = 0;
            for (double logit : logits[i]) {
                sum += Math.exp(scale * (logit - most));
            }
            loss += (Math.log(sum) - scale * (turned - most)) / logits.length;
            for (int c = 0; c < logits[i].length; c++) {
                double share = Math.exp(scale * (logits[i][c] - most)) / sum;
                logits[i][c] = scale / logits.length * (c == own ? (share - 1) * slope : share);
            }
        }
        INDArray slopes = Nd4j.createFromArray(logits);
        INDArray gradient = Cosine.throughDirections(slopes.mmul(classDirections), directions, lengths);
        return new Result(loss, gradient.castTo(embeddings.dataType()),
                Cosine.throughDirections(slopes.transpose().mmul(directions), classDirections, classLengths)
                        .reshape(1, parameters.length()));
    }

    @Override
    public String toString() {
        return name;
    }
}
