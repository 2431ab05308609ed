package siamese.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.commons.lang3.Validate;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.learning.AdamUpdater;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.schedule.ISchedule;
import siamese.data.Pairs;
import siamese.model.Loss.Batch;
import siamese.model.TrainingListener.Progress;

/**
 * Training: the optimizer (Adam, D. P. Kingma and J. Ba, 2015, arXiv:1412.6980, as in Keras), the learning rate, what
 * is told to listeners, and the stop.
 */
final class Trainer {

    /** Distances that differ by no more than this are taken for one. */
    private static final double SAME = 1e-6;
    /** After so many batches in a row with one distance only a network has collapsed. */
    private static final int COLLAPSED = 3;
    private static final int TEST_PAIRS = 256;

    /** Something that is learned, with an Adam of its own; Adam's means are in one row of twice the length. */
    private record Learned(INDArray values, AdamUpdater adam) {
    }

    private final Execution execution;
    private final Distance distance;
    private final Recipe recipe;
    private final Exchange exchange;
    private final long seed;
    private final ISchedule schedule;
    private final List<Learned> others = new ArrayList<>();
    private final Learned weights;
    private int steps;
    /** The part that went forward last. */
    private int forwarded;
    private int collapsed;
    /** The loss of the last batch. */
    private double last = Double.NaN;

    /**
     * @param moments Adam's running means, twice as many numbers as weights; changed by training
     * @param steps how many steps led there
     * @param ofSteps how many steps the whole training has, where the learning rate is a cycle
     * @param exchange with whom each step is taken
     * @param seed of what layers draw at random
     */
    Trainer(Execution execution, Distance distance, Recipe recipe, INDArray moments, int steps, int ofSteps,
            Exchange exchange, long seed) {
        this.execution = execution;
        this.distance = distance;
        this.recipe = recipe;
        this.steps = steps;
        this.exchange = exchange;
        this.seed = seed;
        Validate.isTrue(exchange.parts() <= 1 || Stream.of(execution.network().getLayers())
                .noneMatch(layer -> layer.conf().getLayer() instanceof BatchNormalization), "The network has batch "
                + "normalization, whose moments are those of a whole batch; train it with one part, or leave the layer "
                + "out.");
        execution.seed(seed);
        schedule = recipe.oneCycle() ? new OneCycle(recipe.learningRate(), ofSteps) : null;
        weights = learned(execution.weights(), moments);
        for (INDArray own : parameters(recipe.loss(), distance)) {
            others.add(learned(own, Nd4j.zeros(own.dataType(), 2 * own.length())));
        }
    }

    private Learned learned(INDArray values, INDArray moments) {
        AdamUpdater adam = new AdamUpdater(Adam.builder().learningRate(recipe.learningRate())
                .learningRateSchedule(schedule)
                .epsilon(BaseNetwork.EPSILON).build());
        adam.setStateViewArray(moments.reshape(1, moments.length()), new long[] {values.length()}, 'c', false);
        return new Learned(values, adam);
    }

    /** {@return what a loss and a distance let training change, each once} */
    static List<INDArray> parameters(Loss loss, Distance distance) {
        INDArray own = loss.parameters();
        INDArray other = distance.parameters() == own ? null : distance.parameters();
        return Stream.of(own, other).filter(Objects::nonNull).toList();
    }

    /** {@return how many steps were taken, those before this training included} */
    int steps() {
        return steps;
    }

    /** {@return the loss of a batch; Adam has then moved the weights} */
    double step(Batches.Data data) {
        Validate.isTrue(data.examples().size(0) >= exchange.parts(), "A batch of %s examples cannot be cut into %s "
                + "parts; use fewer parts, or larger batches.", data.examples().size(0), exchange.parts());
        INDArray embeddings = exchange.rows(part -> forward(data.examples(), part));
        Loss.Result result = checked(recipe.loss().of(embeddings, data.batch()), embeddings, recipe.loss(), distance,
                " in step " + (steps + 1) + "; Loss.check tries a loss on its own.");
        watch(embeddings, data.batch().labels());
        apply(weights, exchange.sum(part -> gradient(data.examples(), part, result.gradient())));
        execution.afterStep();
        long from = 0;
        for (Learned own : others) {
            apply(own, result.ofParameters().ravel().get(NDArrayIndex.interval(from, from + own.values.length()))
                    .castTo(own.values.dataType()).dup());
            from += own.values.length();
        }
        steps++;
        // a weight that is no number can hide behind pooling and ReLU
        double sum = weights.values.sumNumber().doubleValue();
        return Double.isFinite(sum) ? result.loss() : sum;
    }

    /** The embeddings of one part; what layers draw at random for it is the same each time. */
    private INDArray forward(INDArray examples, int part) {
        if (exchange.parts() > 1) {
            execution.seed(seed ^ (long) exchange.parts() * steps + part);
        }
        forwarded = part;
        return execution.forward(rows(examples, part), true);
    }

    private INDArray gradient(INDArray examples, int part, INDArray ofEmbeddings) {
        if (forwarded != part) {
            forward(examples, part);
        }
        execution.backward(rows(ofEmbeddings, part));
        return execution.gradient();
    }

    private INDArray rows(INDArray all, int part) {
        long n = all.size(0);
        return exchange.parts() == 1 ? all : all.get(NDArrayIndex.interval(exchange.start(part, n),
                exchange.start(part + 1, n))).dup('c');
    }

    private void apply(Learned own, INDArray gradient) {
        own.adam.applyUpdater(gradient, steps, 0);
        if (recipe.weightDecay() > 0) {
            own.values.muli(1 - recipe.weightDecay() * (schedule == null ? recipe.learningRate()
                    : schedule.valueAt(steps, 0)));
        }
        own.values.subi(gradient.reshape('c', own.values.shape()));
    }

    /** {@return what a loss returned, its gradient in the type of the embeddings, if the shapes are right} */
    static Loss.Result checked(Loss.Result result, INDArray embeddings, Loss loss, Distance distance, String where) {
        INDArray gradient = result == null ? null : result.gradient();
        Validate.isTrue(gradient != null && Arrays.equals(gradient.shape(), embeddings.shape()), "The loss must return "
                + "a gradient of the embeddings' shape %s, but returns %s%s", Arrays.toString(embeddings.shape()),
                gradient == null ? "none" : Arrays.toString(gradient.shape()), where);
        long own = parameters(loss, distance).stream().mapToLong(INDArray::length).sum();
        long given = result.ofParameters() == null ? 0 : result.ofParameters().length();
        Validate.isTrue(own == given, "The loss must return a gradient for each of its and its distance's %s "
                + "parameters, but returns %s%s", own, given, where);
        return new Loss.Result(result.loss(), gradient.castTo(embeddings.dataType()), result.ofParameters());
    }

    /** Counts batches in a row in which embeddings of several classes, and all of them, are at one place. */
    private void watch(INDArray embeddings, int[] labels) {
        if (IntStream.of(labels).distinct().count() < 2) {
            return; // may well be
        }
        double[] first = embeddings.getRow(0).toDoubleVector();
        double largest = 0;
        for (long k = 1; k < embeddings.size(0) && largest <= SAME; k++) {
            largest = Math.max(largest, Math.abs(distance.of(first, embeddings.getRow(k).toDoubleVector())
                    - distance.of(first, first)));
        }
        collapsed = largest <= SAME ? collapsed + 1 : 0;
    }

    private String warning() {
        return collapsed < COLLAPSED ? ""
                : String.format(Locale.ROOT, "The network has collapsed: all distances are the same and the "
                + "loss stands at %.4f; start anew with a smaller learning rate (it is %s), or with another seed.",
                last, recipe.learningRate());
    }

    /**
     * Trains for all epochs of the recipe.
     *
     * @param testLoss what is reported after each epoch
     * @return what happened; also kept where training fails, by {@code kept}
     */
    History run(Batches batches, DoubleSupplier testLoss, Consumer<History> kept, TrainingListener... listeners) {
        int epochs = recipe.epochs();
        List<History.Epoch> done = new ArrayList<>();
        tell(listeners, l -> l.onStart(batches.examples.source(), epochs, batches.count()));
        try {
            boolean interrupted = false;
            for (int epoch = 1; epoch <= epochs && !interrupted; epoch++) {
                Supplier<Batches.Data> next = batches.epoch();
                double sum = 0;
                long pairs = 0;
                long start = System.nanoTime();
                for (int number = 1; number <= batches.count() && !interrupted; number++) {
                    Batches.Data data = next.get();
                    last = step(data);
                    if (!Double.isFinite(last)) {
                        throw new ArithmeticException("The loss became " + last + " in epoch " + epoch + ", batch "
                                + number + "; try a smaller learning rate.");
                    }
                    pairs += data.batch().size();
                    sum += data.batch().size() * last;
                    double seconds = (System.nanoTime() - start) / 1e9;
                    double batchesLeft = (double) (epochs - epoch + 1) * batches.count() - number;
                    Progress progress = new Progress(epoch, epochs, number, batches.count(), sum / pairs,
                            pairs / seconds, seconds / number * batchesLeft, warning());
                    tell(listeners, l -> l.onBatch(progress));
                    interrupted = Thread.currentThread().isInterrupted() && batchesLeft > 0;
                }
                if (!interrupted) {
                    double seconds = (System.nanoTime() - start) / 1e9;
                    History.Epoch result =
                            new History.Epoch(epoch, sum / pairs, testLoss.getAsDouble(), pairs / seconds, seconds);
                    done.add(result);
                    tell(listeners, l -> l.onEpoch(result, epochs));
                }
            }
        } catch (RuntimeException | Error failure) {
            History history = ended(batches, done, kept);
            tell(listeners, l -> l.onFailure(history, failure));
            throw failure;
        }
        History history = ended(batches, done, kept);
        tell(listeners, l -> l.onEnd(history));
        return history;
    }

    private History ended(Batches batches, List<History.Epoch> done, Consumer<History> kept) {
        execution.release();
        History history = new History(batches.examples.source(), done, done.size() < recipe.epochs(), warning());
        kept.accept(history);
        return history;
    }

    private static void tell(TrainingListener[] listeners, Consumer<TrainingListener> what) {
        for (TrainingListener listener : listeners) {
            what.accept(listener);
        }
    }

    /** {@return the mean loss of given pairs, a part of them at a time} */
    static double loss(Loss loss, SiameseNetwork network, Pairs pairs) {
        int[] all = pairs.distinctImages();
        double[][] embeddings = network.embed(pairs.examples(), all);
        double sum = 0;
        long size = pairs.size();
        long parts = (size + TEST_PAIRS - 1) / TEST_PAIRS; // of about one size: a last one of a few may have no triplet
        for (long k = 0; k < parts; k++) {
            int[] chosen = IntStream.range((int) (k * size / parts), (int) ((k + 1) * size / parts)).toArray();
            int[] distinct = Batches.distinct(pairs, chosen);
            double[][] rows = IntStream.of(distinct).mapToObj(i -> embeddings[Arrays.binarySearch(all, i)])
                    .toArray(double[][]::new);
            Batch batch = Batches.of(pairs, chosen, distinct, network.distance());
            sum += chosen.length * loss.of(Nd4j.createFromArray(rows), batch).loss();
        }
        return sum / pairs.size();
    }
}
