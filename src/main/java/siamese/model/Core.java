package siamese.model;

import java.util.List;
import java.util.function.DoubleSupplier;
import org.apache.commons.lang3.Validate;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import siamese.data.Examples;

/** What learns, and how far it has come: shared by networks that differ in their views only. */
final class Core {

    final Execution execution;
    /** Adam's running means, and how many steps led there: at a constant learning rate training goes on from here. */
    final INDArray moments;
    int steps;
    History history = new History("nothing", List.of(), false, "");
    /** The fingerprint of the examples of the last training. */
    String data = "";
    Loss loss;
    ComputationGraph graph;

    Core(Execution execution) {
        this.execution = execution;
        moments = Nd4j.zeros(DataType.FLOAT, 2 * execution.weights().length());
    }

    synchronized History fit(Distance distance, Batches batches, Recipe recipe, DoubleSupplier testLoss,
            TrainingListener... listeners) {
        if (recipe.oneCycle()) {
            moments.assign(0);
            steps = 0;
        }
        Trainer trainer = new Trainer(execution, distance, recipe, moments, steps, batches.count() * recipe.epochs(),
                Exchange.alone(1), batches.random.nextLong());
        loss = recipe.loss();
        return trainer.run(batches, testLoss, done -> {
            history = done;
            steps = trainer.steps();
            data = batches.examples.fingerprint();
        }, listeners);
    }

    synchronized History history() {
        return history;
    }

    synchronized ComputationGraph graph(BaseNetwork base, Distance distance, long seed) {
        if (graph == null) {
            graph = TwoInputs.graph(base, distance, seed, execution.network().params());
        }
        return graph;
    }

    synchronized double[][] embed(Examples examples, int[] indices, int views) {
        return execution.embed(examples, indices, views);
    }

    synchronized SiameseNetwork.State state() {
        float[] weights = execution.weights().toFloatVector();
        return new SiameseNetwork.State(weights, new float[2 * weights.length], 0, Double.NaN);
    }

    synchronized void restore(SiameseNetwork.State state) {
        long count = execution.weights().length();
        Validate.isTrue(state.weights().length == count && state.moments().length == 2 * count, "state must have %s "
                + "weights and twice as many moments, but has %s and %s; it is that of another network.", count,
                state.weights().length, state.moments().length);
        execution.weights().assign(Nd4j.createFromArray(state.weights()));
    }

    synchronized SiameseNetwork.State steps(Distance distance, SiameseNetwork.State from, Batches batches,
            Recipe recipe, int count, int ofSteps, Exchange exchange) {
        Validate.isTrue(count >= 1 && ofSteps >= from.steps() + count, "steps must be at least 1 and ofSteps at least "
                + "%s + steps, but are %s and %s.", from.steps(), count, ofSteps);
        restore(from);
        INDArray means = Nd4j.createFromArray(from.moments());
        Trainer trainer = new Trainer(execution, distance, recipe, means, from.steps(), ofSteps, exchange,
                batches.random.nextLong());
        double sum = 0;
        try {
            for (int step = 0; step < count; step++) {
                double score = trainer.step(batches.get(step));
                if (!Double.isFinite(score)) {
                    throw new ArithmeticException("The loss became " + score + " in step " + trainer.steps()
                            + "; try a smaller learning rate.");
                }
                sum += score;
            }
        } finally {
            execution.release();
        }
        return new SiameseNetwork.State(execution.weights().toFloatVector(), means.toFloatVector(), trainer.steps(),
                sum / count);
    }
}
