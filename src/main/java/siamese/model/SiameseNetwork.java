package siamese.model;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.Serializable;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;
import java.util.Random;
import org.apache.commons.lang3.Validate;
import org.deeplearning4j.nn.graph.ComputationGraph;
import siamese.data.Channels;
import siamese.data.Examples;
import siamese.data.LabeledImages;
import siamese.data.Pairs;
import siamese.data.Settings;
import tech.tablesaw.api.Table;

/**
 * A Siamese network: two branches with the same weights, those of one {@link BaseNetwork}, turn two examples into two
 * embeddings, and the {@link Distance} between these says how alike the examples are.
 *
 * <p>Training stops within one batch when the thread is interrupted, as Stop in JupyterLab does: the weights keep what
 * was learned, and {@link #history()} has the finished epochs and says so. The methods that use the weights wait for
 * each other.
 */
public final class SiameseNetwork {

    /**
     * Where a training stands that is done in parts, a few steps here and a few there.
     *
     * @param weights all of the network's
     * @param moments Adam's running means of the gradient and of its square, twice as many
     * @param steps how many steps led here, at least 0
     * @param loss mean over the last of them; NaN if there were none
     */
    public record State(float[] weights, float[] moments, int steps, double loss) implements Serializable {
    }

    private final BaseNetwork base;
    private final Distance distance;
    private final long seed;
    private final int views;
    private final Core core;

    /**
     * Builds a network with new weights.
     *
     * @param base the layers of each branch
     * @param distance how far apart two embeddings are
     * @param seed of the initial weights and of what training draws at random
     * @throws IllegalArgumentException if the layers do not fit each other, or make no vector of an example
     */
    public SiameseNetwork(BaseNetwork base, Distance distance, long seed) {
        this(base, distance, seed, 1, new Core(new Execution(base, seed)));
    }

    /** A network on weights that are there. */
    SiameseNetwork(BaseNetwork base, Distance distance, long seed, int views, Core core) {
        this.base = base;
        this.distance = Objects.requireNonNull(distance, "distance");
        this.seed = seed;
        this.views = views;
        this.core = core;
    }

    /**
     * {@return the overview's network for 28 × 28 grey pixels, with the Euclidean distance and new weights}
     *
     * @param seed of the initial weights and of what training draws at random
     */
    public static SiameseNetwork overview(long seed) {
        return new SiameseNetwork(BaseNetwork.overview(28, 28, 1), Distance.EUCLIDEAN, seed);
    }

    /**
     * {@return a network on the same weights, which both train, with another number of views of a picture}
     *
     * @param number 1, or 5: an embedding is then the mean over the picture itself and the picture moved by one pixel
     *     to the left, right, up and down, which takes five times as long; training has one view
     * @throws IllegalArgumentException if it is another number, or the base network reads no pictures
     */
    public SiameseNetwork withViews(int number) {
        Validate.isTrue(number == 1 || number == Execution.VIEWS.length && base.input().getShape().length == 3,
                "number must be 1, or of pictures %s, but is %s.", Execution.VIEWS.length, number);
        return new SiameseNetwork(base, distance, seed, number, core);
    }

    /** {@return the layers of each branch} */
    public BaseNetwork base() {
        return base;
    }

    /** {@return how far apart two embeddings are} */
    public Distance distance() {
        return distance;
    }

    /** {@return the seed of the initial weights and of what training draws at random} */
    public long seed() {
        return seed;
    }

    /** {@return how many views of a picture an embedding is the mean of, 1 or 5} */
    public int views() {
        return views;
    }

    Core core() {
        return core;
    }

    /**
     * {@return the Deeplearning4j graph with both branches, on this network's weights: its inputs are two arrays of
     * shape [n, …], its output their distances, shape [n, 1], and its loss the contrastive one with margin 1}
     *
     * @throws IllegalStateException if the distance is one that Deeplearning4j has no layers for
     */
    public ComputationGraph graph() {
        return core.graph(base, distance, seed);
    }

    /** {@return what the last training did; without epochs if there was none} */
    public History history() {
        return core.history();
    }

    /** {@return the layers as a table: name, kind, shape of the output for one example, number of weights} */
    public Table summary() {
        return TwoInputs.summary(base, distance, core.execution);
    }

    /**
     * Trains on pairs as the overview does: the contrastive loss with margin 1, learning rate 0.001, each pair once an
     * epoch in a new random order.
     *
     * @param train pairs to learn from
     * @param test pairs whose loss is reported after each epoch, without any influence on training; null for none
     * @param epochs how many, at least 1
     * @param batchSize pairs a batch, at least 1; the last batch of an epoch may have fewer
     * @param listeners are told what happens
     * @return the loss and the speed of each epoch
     * @throws IllegalArgumentException as {@link #fit(Pairs, Pairs, Recipe, TrainingListener...)} does
     */
    public History fit(Pairs train, Pairs test, int epochs, int batchSize, TrainingListener... listeners) {
        return fit(train, test, Recipe.overview().withEpochs(epochs).withPairsPerBatch(batchSize), listeners);
    }

    /**
     * Trains on pairs, each once an epoch. An example is embedded once a batch, however many of its pairs it is in.
     * Where the learning rate is no cycle, the optimizer goes on from the training before.
     *
     * @param train pairs to learn from
     * @param test pairs whose loss is reported after each epoch, without any influence on training; null for none
     * @param recipe how to train
     * @param listeners are told what happens
     * @return the loss and the speed of each epoch
     * @throws IllegalArgumentException if there is no pair, or the examples' shape or what the loss returns is wrong
     * @throws ArithmeticException if the loss becomes infinite or not a number
     */
    public History fit(Pairs train, Pairs test, Recipe recipe, TrainingListener... listeners) {
        Validate.isTrue(train.size() != 0, "train has no pairs; Pairs.create makes some.");
        base.check(train.examples());
        return fit(new Batches.OfPairs(train, recipe, distance, new Random(seed)), test, recipe, listeners);
    }

    /**
     * Trains on labelled examples, each embedded once a batch, whose pairs are all read: what the course recommends.
     *
     * @param train what to learn from; a class with a single example is left out
     * @param test pairs whose loss is reported after each epoch, without any influence on training; null for none
     * @param recipe how to train
     * @param listeners are told what happens
     * @return the loss and the speed of each epoch
     * @throws IllegalArgumentException if fewer than two classes have two examples, or as with pairs
     * @throws ArithmeticException if the loss becomes infinite or not a number
     */
    public History fit(Examples train, Pairs test, Recipe recipe, TrainingListener... listeners) {
        base.check(train);
        return fit(new Batches.OfClasses(train, recipe, distance, new Random(seed)), test, recipe, listeners);
    }

    private History fit(Batches batches, Pairs test, Recipe recipe, TrainingListener... listeners) {
        return core.fit(distance, batches, recipe, test == null ? () -> Double.NaN
                : () -> Trainer.loss(recipe.loss(), withViews(1), test), listeners);
    }

    /**
     * {@return a network like this one, trained on the examples: now, or loaded if the same was trained before; this
     * network stays as it is}
     *
     * <p>It is kept in the folder {@code models} of {@link Settings#cacheFolder()}, under a name made from the base
     * network, the distance, the seed, the recipe and the examples; a file that cannot be read is replaced.
     *
     * @param train what to learn from; a class with a single example is left out
     * @param recipe how to train; its loss must be a record of the library or your own, by whose name it is known
     * @param listeners are told what happens, if it is trained now
     * @throws IllegalArgumentException as {@code fit} does, or if the loss or the distance has no lasting name
     */
    public SiameseNetwork trained(Examples train, Recipe recipe, TrainingListener... listeners) {
        return TrainedNetworks.get(Settings.cacheFolder().resolve("models"), this, train, recipe, listeners);
    }

    /** {@return where a training in parts begins: the weights as they are, and an Adam that has seen nothing} */
    public State state() {
        return core.state();
    }

    /**
     * Takes over the weights of a training in parts.
     *
     * @param state what {@link #state()} or {@link #steps} returned, or the mean of some
     * @throws IllegalArgumentException if it is the state of a network with another number of weights
     */
    public void restore(State state) {
        core.restore(state);
    }

    /**
     * Takes some steps of {@link #fit(Examples, Pairs, Recipe, TrainingListener...)} from a given state, on batches
     * that depend on the examples, the recipe and the seed alone, so that the same call gives the same result again.
     *
     * @param from where the training stands
     * @param train what to learn from; a class with a single example is left out
     * @param recipe how to train; its epochs are not used
     * @param steps how many to take, at least 1
     * @param ofSteps how many the whole training has: the cycle of the learning rate ends with them
     * @param seed of the batches
     * @param others with whom each step is taken; {@code Exchange.alone(1)} for none
     * @return where it stands then; this network has its weights
     * @throws IllegalArgumentException if an argument is out of range, or belongs to another network
     * @throws ArithmeticException if the loss becomes infinite or not a number
     */
    public State steps(State from, Examples train, Recipe recipe, int steps, int ofSteps, long seed, Exchange others) {
        base.check(train);
        return core.steps(distance, from, new Batches.OfClasses(train, recipe, distance, new Random(seed)), recipe,
                steps, ofSteps, others);
    }

    /**
     * {@return the embeddings of examples; the means over {@link #views()}}
     *
     * @param examples of the base network's input shape
     * @param indices which of them
     * @throws IllegalArgumentException if the examples have another shape
     */
    public double[][] embed(Examples examples, int... indices) {
        base.check(examples);
        return core.embed(examples, indices, views);
    }

    /**
     * {@return the distance of each pair; every example is embedded just once}
     *
     * @param pairs pairs of examples of the base network's input shape
     * @throws IllegalArgumentException if the examples have another shape
     */
    public double[] distances(Pairs pairs) {
        int[] distinct = pairs.distinctImages();
        double[][] embeddings = embed(pairs.examples(), distinct);
        double[] distances = new double[pairs.size()];
        Arrays.setAll(distances, p -> distance.of(embeddings[Arrays.binarySearch(distinct, pairs.first()[p])],
                embeddings[Arrays.binarySearch(distinct, pairs.second()[p])]));
        return distances;
    }

    /**
     * {@return the distance of two pictures, as a person sees them; in grey where the base network has one channel}
     *
     * @param first of the base network's size, such as {@code Pictures} and {@code LabeledImages} give
     * @param second likewise
     * @throws IllegalArgumentException if a picture has another size
     */
    public double distance(BufferedImage first, BufferedImage second) {
        double[][] embeddings = embed(LabeledImages.of(base.input().getShape()[0] == Channels.COLOUR.count()
                ? Channels.COLOUR : Channels.GREY, first, second), 0, 1);
        return distance.of(embeddings[0], embeddings[1]);
    }

    /**
     * Saves the network, the state of its training and its history, so that it can be loaded and trained on.
     *
     * @param file where to; its folder is made if need be, and a file of this name is replaced in one step
     * @throws IOException if the file cannot be written (no part of it stays), or a layer is one of your own
     */
    public void save(Path file) throws IOException {
        SavedNetwork.write(this, file.toAbsolutePath());
    }

    /**
     * Writes what {@link #save(Path)} saves.
     *
     * @param out where to; it is not closed
     * @throws IOException if it cannot be written, or a layer is one of your own
     */
    public void save(OutputStream out) throws IOException {
        SavedNetwork.write(this, out);
    }

    /**
     * Writes the base network with its weights and views as an ONNX graph, which other programs run. {@code input} is
     * of shape [n, …], as {@link Examples#batch} gives it, for any n; {@code embedding} of shape [n, d]. The metadata
     * name the distance, the threshold, the data and the library's version.
     *
     * @param file where to; its folder is made if need be, and a file of this name is replaced in one step
     * @param threshold up to which distance two examples count as the same, for the metadata only; may be left out
     * @throws IllegalArgumentException if there is more than one threshold
     * @throws IOException if the file cannot be written, or ONNX has no words for a layer, which is named
     */
    public void exportOnnx(Path file, double... threshold) throws IOException {
        OnnxFile.write(this, threshold, file.toAbsolutePath());
    }

    /**
     * {@return a network that {@link #save(Path)} wrote}
     *
     * @param file where from
     * @throws IOException as {@link #load(Path, Distance, Loss)} does
     */
    public static SiameseNetwork load(Path file) throws IOException {
        return load(file, null, null);
    }

    /**
     * {@return a network that {@link #save(Path)} wrote, with what it had learned besides its weights}
     *
     * @param file where from
     * @param distance one of your own that the network had, which gets its parameters back; null for the library's
     * @param loss one with parameters that the network was trained with, which gets them back; null for none
     * @throws IOException if the file cannot be read, is not a saved network, or was saved with others, in one sentence
     */
    public static SiameseNetwork load(Path file, Distance distance, Loss loss) throws IOException {
        return SavedNetwork.read(file.toAbsolutePath(), distance, loss);
    }

    /**
     * {@return a network that {@link #save(OutputStream)} wrote}
     *
     * @param in where from
     * @throws IOException as {@link #load(Path, Distance, Loss)} does
     */
    public static SiameseNetwork load(InputStream in) throws IOException {
        return SavedNetwork.read(in, "This", null, null);
    }
}
