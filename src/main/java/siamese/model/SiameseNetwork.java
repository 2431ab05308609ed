package siamese.model;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.L2NormalizeVertex;
import org.deeplearning4j.nn.conf.graph.L2Vertex;
import org.deeplearning4j.nn.conf.graph.StackVertex;
import org.deeplearning4j.nn.conf.graph.UnstackVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.LossLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.weights.WeightInit;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationIdentity;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.AdamUpdater;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.schedule.ISchedule;
import siamese.data.LabeledImages;
import siamese.data.Pairs;
import siamese.data.RunSize;
import tech.tablesaw.api.IntColumn;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;

/**
 * A Siamese network for pictures of 28 × 28 pixels: two branches with the same weights turn two pictures into two
 * embeddings, and the distance between these says how alike the pictures are.
 *
 * <p>The branch is the overview's base network: 32 filters of 3 × 3 with ReLU, max-pooling by 2, 64 filters of 3 × 3
 * with ReLU, max-pooling by 2, and a dense layer of 128 units, 223,744 weights in all. One Deeplearning4j graph holds
 * both branches: the two inputs are stacked, go through the branch together, and are unstacked again. Training and embedding
 * use the graph's weights in operations of ND4J chosen for speed; what they compute is what the graph would.
 *
 * <p>Training stops within one batch when the thread is interrupted, as Stop in JupyterLab does; the weights learned so
 * far remain. The methods that use the weights wait for each other.
 */
public final class SiameseNetwork {

    /** Height and width of a picture. */
    private static final int SIZE = 28;
    private static final int EMBEDDING_BATCH = 256;
    /** Down and right, in pixels: how a picture is moved to be looked at again. */
    private static final int[][] VIEWS = {{0, 0}, {0, -1}, {0, 1}, {-1, 0}, {1, 0}};
    /** Adam's, as in Keras. */
    private static final double EPSILON = 1e-7;

    /**
     * What makes one Siamese network differ from another.
     *
     * @param distance how far apart two embeddings are
     * @param margin of the contrastive loss, greater than 0
     * @param embeddingActivation of the last layer
     * @param learningRate of Adam, greater than 0
     * @param seed of the initial weights and of the order of the training pairs
     * @param views 1, or 5: a picture's embedding is the mean of the branch's for the picture itself and for what it is when
     *     moved by one pixel to the left, right, up and down, which takes five times as long; training and the graph have one view
     */
    public record Options(Distance distance, double margin, Activation embeddingActivation, double learningRate, long seed, int views)
            implements Serializable {

        /** Checks the values. */
        public Options {
            Objects.requireNonNull(distance, "distance");
            Objects.requireNonNull(embeddingActivation, "embeddingActivation");
            new ContrastiveLoss(margin);
            if (!(learningRate > 0) || Double.isInfinite(learningRate)) {
                throw new IllegalArgumentException("learningRate must be greater than 0, but is " + learningRate + "; the overview uses 0.001.");
            }
            if (views != 1 && views != VIEWS.length) {
                throw new IllegalArgumentException("views must be 1 or " + VIEWS.length + ", but is " + views + ".");
            }
        }

        /**
         * Options with one view.
         *
         * @param distance how far apart two embeddings are
         * @param margin of the contrastive loss, greater than 0
         * @param embeddingActivation of the last layer
         * @param learningRate of Adam, greater than 0
         * @param seed of the initial weights and of the order of the training pairs
         */
        public Options(Distance distance, double margin, Activation embeddingActivation, double learningRate, long seed) {
            this(distance, margin, embeddingActivation, learningRate, seed, 1);
        }

        /**
         * {@return the same with another number of views}
         *
         * @param number 1 or 5
         */
        public Options withViews(int number) {
            return new Options(distance, margin, embeddingActivation, learningRate, seed, number);
        }

        /**
         * {@return the overview's: Euclidean distance, margin 1, ReLU, learning rate 0.001}
         *
         * @param seed of the initial weights and of the order of the training pairs
         */
        public static Options overview(long seed) {
            return new Options(Distance.EUCLIDEAN, 1, Activation.RELU, 1e-3, seed);
        }

        /**
         * {@return an alternative: cosine distance, margin ½, and a linear last layer, since with ReLU no cosine distance
         * exceeds 1}
         *
         * @param seed of the initial weights and of the order of the training pairs
         */
        public static Options cosine(long seed) {
            return new Options(Distance.COSINE, 0.5, Activation.IDENTITY, 1e-3, seed);
        }

        /**
         * {@return for training by {@link SupervisedContrastive}: cosine distance, ReLU and five views; the margin 1, that of
         * embeddings with nothing in common, matters for the reported contrastive loss only}
         *
         * @param seed of the initial weights and of the order of the training images
         */
        public static Options directions(long seed) {
            return new Options(Distance.COSINE, 1, Activation.RELU, 1e-3, seed, VIEWS.length);
        }
    }

    /**
     * Where a training stands that is done in parts, a few steps here and a few there.
     *
     * @param weights all of the network's, 223,744 of them
     * @param moments Adam's running means of the gradient and of its square, twice as many
     * @param steps how many steps led here, at least 0
     * @param loss mean over the last of them; NaN if there were none
     */
    public record State(float[] weights, float[] moments, int steps, double loss) implements Serializable {
    }

    private final Options options;
    private final ContrastiveLoss loss;
    private final ComputationGraph graph;
    private final MultiLayerNetwork branch;
    private final Branch fast;
    private History history;
    private String data;

    /**
     * Builds a network with new weights.
     *
     * @param options what it is like
     */
    public SiameseNetwork(Options options) {
        this(options, graphOf(options), new History("nothing", List.of(), false, ""), "");
    }

    /** Takes over a graph that {@link #graphOf} made or that was loaded. */
    SiameseNetwork(Options options, ComputationGraph graph, History history, String data) {
        this.options = options;
        this.loss = new ContrastiveLoss(options.margin);
        this.graph = graph;
        this.branch = new MultiLayerNetwork(branchConfiguration(options));
        branch.init(graph.params(), false); // the same memory, not a copy: the branch always has the graph's weights
        this.fast = new Branch(branch, options.embeddingActivation);
        this.history = history;
        this.data = data;
    }

    /**
     * {@return the overview's network with new weights}
     *
     * @param seed of the initial weights and of the order of the training pairs
     */
    public static SiameseNetwork overview(long seed) {
        return new SiameseNetwork(Options.overview(seed));
    }

    private static List<Layer> branchLayers(Options options) {
        return List.of(
                convolution("conv1", 32), pooling("pool1"),
                convolution("conv2", 64), pooling("pool2"),
                new DenseLayer.Builder().name("embedding").nOut(128).activation(options.embeddingActivation).build());
    }

    private static Layer convolution(String name, int filters) {
        return new ConvolutionLayer.Builder(3, 3).name(name).nOut(filters).activation(Activation.RELU).build();
    }

    private static Layer pooling(String name) {
        return new SubsamplingLayer.Builder(SubsamplingLayer.PoolingType.MAX).name(name).kernelSize(2, 2).stride(2, 2).build();
    }

    private static NeuralNetConfiguration.Builder common(Options options) {
        OneDnn.enable();
        return new NeuralNetConfiguration.Builder()
                .seed(options.seed)
                .weightInit(WeightInit.XAVIER_UNIFORM)
                .convolutionMode(ConvolutionMode.Truncate)
                .updater(Adam.builder().learningRate(options.learningRate).epsilon(EPSILON).build());
    }

    static MultiLayerConfiguration branchConfiguration(Options options) {
        NeuralNetConfiguration.ListBuilder list = common(options).list();
        branchLayers(options).forEach(list::layer);
        return list.setInputType(InputType.convolutional(SIZE, SIZE, 1)).build();
    }

    static ComputationGraph graphOf(Options options) {
        InputType picture = InputType.convolutional(SIZE, SIZE, 1);
        ComputationGraphConfiguration.GraphBuilder builder = common(options).graphBuilder()
                .addInputs("first", "second")
                .addVertex("both", new StackVertex(), "first", "second");
        String previous = "both";
        for (Layer layer : branchLayers(options)) {
            builder.addLayer(layer.getLayerName(), layer, previous);
            previous = layer.getLayerName();
        }
        IActivation distanceActivation = new ActivationIdentity();
        if (options.distance == Distance.COSINE) {
            builder.addVertex("direction", new L2NormalizeVertex(), previous);
            previous = "direction";
            distanceActivation = new HalfSquare();
        }
        ComputationGraph graph = new ComputationGraph(builder
                .addVertex("embedding1", new UnstackVertex(0, 2), previous)
                .addVertex("embedding2", new UnstackVertex(1, 2), previous)
                .addVertex("distance", new L2Vertex(), "embedding1", "embedding2")
                .addLayer("loss", new LossLayer.Builder(new ContrastiveLoss(options.margin)).activation(distanceActivation).build(), "distance")
                .setOutputs("loss")
                .setInputTypes(picture, picture)
                .build());
        graph.init();
        return graph;
    }

    /** {@return what this network is like} */
    public Options options() {
        return options;
    }

    /** {@return the Deeplearning4j graph with both branches; its inputs are two arrays of shape [n, 1, 28, 28], its output has shape [n, 1]} */
    public ComputationGraph graph() {
        return graph;
    }

    /** {@return what the last training did; without epochs if there was none} */
    public synchronized History history() {
        return history;
    }

    /** The fingerprint of the images that it was last trained on; "" if there was no training. */
    synchronized String data() {
        return data;
    }

    /**
     * Trains on pairs, each once an epoch in a new random order.
     *
     * <p>If the thread is interrupted, training stops within one batch: the weights keep what was learned, and
     * {@link #history()} has the finished epochs and says that it was interrupted.
     *
     * @param train pairs to learn from; its images are 28 × 28
     * @param test pairs whose loss is reported after each epoch, without any influence on training; null for none
     * @param epochs how many, at least 1
     * @param batchSize pairs a batch, at least 1; the last batch of an epoch may have fewer
     * @param listeners are told what happens
     * @return the loss and the speed of each epoch
     * @throws IllegalArgumentException if an argument is out of range or the pictures have another size
     * @throws ArithmeticException if the loss becomes infinite or not a number
     */
    public synchronized History fit(Pairs train, Pairs test, int epochs, int batchSize, TrainingListener... listeners) {
        check(train, epochs, batchSize);
        return train(train.images(), test, epochs, new Batches.OfPairs(train, batchSize, new Random(options.seed)),
                stepper(matrixLoss(false), null, 0, graph.getUpdater().getStateViewArray(), () -> {
                    int iteration = graph.getConfiguration().getIterationCount();
                    graph.getConfiguration().setIterationCount(iteration + 1);
                    return iteration;
                }), listeners);
    }

    /**
     * Trains on pairs as {@link #fit(Pairs, Pairs, int, int, TrainingListener...)} does, but embeds each picture of a batch
     * just once, however many of its pairs it is in. On the same batches loss and gradient are the same. So that the pairs
     * of a batch share pictures, pairs that stand together stay together: whole blocks of them are put into a new random
     * order each epoch. {@link Pairs#neighboursTogether()} puts those together that share the most.
     *
     * @param train pairs to learn from; its images are 28 × 28
     * @param test pairs whose loss is reported after each epoch, without any influence on training; null for none
     * @param epochs how many, at least 1
     * @param batchSize pairs a batch, at least 1; the last batch of an epoch may have fewer
     * @param block how many pairs stay together, at least 1; with 1 every pair goes its own way
     * @param listeners are told what happens
     * @return the loss and the speed of each epoch
     * @throws IllegalArgumentException if an argument is out of range or the pictures have another size
     * @throws ArithmeticException if the loss becomes infinite or not a number
     */
    public synchronized History fitEmbeddingOnce(Pairs train, Pairs test, int epochs, int batchSize, int block, TrainingListener... listeners) {
        check(train, epochs, batchSize);
        if (block < 1) {
            throw new IllegalArgumentException("block must be at least 1, but is " + block + ".");
        }
        return train(train.images(), test, epochs, new Batches.OfBlocks(train, batchSize, block, new Random(options.seed)),
                newStepper(matrixLoss(false), null, 0), listeners);
    }

    /**
     * Trains on labelled images, many of them a batch and each embedded once, so that the loss reads many times the pairs
     * for the same work. This is what the course recommends: {@link AllPairs} for a few epochs, {@link SupervisedContrastive}
     * where the last mistakes count.
     *
     * @param train images of 28 × 28 pixels; a class with a single image is left out
     * @param test pairs whose contrastive loss is reported after each epoch, without any influence on training; null for none
     * @param recipe loss, batches, epochs and learning rate; the {@link Options#learningRate()} is not used
     * @param listeners are told what happens
     * @return the loss, as the recipe defines it, and the speed of each epoch
     * @throws IllegalArgumentException if fewer than two classes have two images, the pictures have another size, or the
     *     recipe is for another distance
     * @throws ArithmeticException if the loss becomes infinite or not a number
     */
    public synchronized History fit(LabeledImages train, Pairs test, Recipe recipe, TrainingListener... listeners) {
        checkSize(train);
        BatchLoss batchLoss = matrixLoss(true);
        double decay = 0;
        if (recipe instanceof SupervisedContrastive own) {
            if (options.distance != Distance.COSINE) {
                throw new IllegalArgumentException("recipe teaches directions, so the network's distance must be COSINE, but is "
                        + options.distance + "; use Options.directions(seed).");
            }
            batchLoss = new SupervisedContrastiveLoss(own.temperature());
            decay = own.weightDecay();
        }
        Batches batches = new Batches.OfClasses(train, recipe, new Random(options.seed));
        OneCycle learningRate = new OneCycle(recipe.peakLearningRate(), batches.count() * recipe.epochs());
        return train(train, test, recipe.epochs(), batches, newStepper(batchLoss, learningRate, decay), listeners);
    }

    /**
     * {@return a network that was trained on the images, by
     * {@link #fit(LabeledImages, Pairs, Recipe, TrainingListener...)}: trained now, or loaded if the same was trained before}
     *
     * <p>It is kept in the folder {@code models} of {@link RunSize#cacheFolder()}, under a name made from the options, the
     * recipe and the images; a file that cannot be read is replaced.
     *
     * @param train images of 28 × 28 pixels; a class with a single image is left out
     * @param options what the network is like
     * @param recipe how it is trained
     * @param listeners are told what happens, if it is trained now
     * @throws IllegalArgumentException if fewer than two classes have two images, or the pictures have another size
     * @throws ArithmeticException if the loss becomes infinite or not a number
     */
    public static SiameseNetwork trained(LabeledImages train, Options options, Recipe recipe, TrainingListener... listeners) {
        return trained(RunSize.cacheFolder().resolve("models"), train, options, recipe, listeners);
    }

    /** The same with another folder. */
    static SiameseNetwork trained(Path folder, LabeledImages train, Options options, Recipe recipe, TrainingListener... listeners) {
        String key = UUID.nameUUIDFromBytes((options + " " + recipe + " " + train.source() + " " + train.fingerprint())
                .getBytes(StandardCharsets.UTF_8)).toString();
        Path file = folder.resolve(key + ".zip");
        if (Files.exists(file)) {
            try {
                SiameseNetwork loaded = load(file);
                if (loaded.options.equals(options) && (loaded.data.isEmpty() || loaded.data.equals(train.fingerprint()))) {
                    return loaded;
                }
            } catch (IOException damaged) { // trained again below
            }
        }
        SiameseNetwork network = new SiameseNetwork(options);
        if (!network.fit(train, null, recipe, listeners).interrupted()) {
            try {
                network.save(file);
            } catch (IOException e) {
                throw new UncheckedIOException("The trained network cannot be kept in " + folder + " (" + e.getMessage()
                        + "); make room there, or set SIAMESE_CACHE to a folder that can be written.", e);
            }
        }
        return network;
    }

    private static void check(Pairs train, int epochs, int batchSize) {
        if (epochs < 1 || batchSize < 1) {
            throw new IllegalArgumentException("epochs and batchSize must be at least 1, but are " + epochs + " and " + batchSize + ".");
        }
        if (train.size() == 0) {
            throw new IllegalArgumentException("train has no pairs.");
        }
        checkSize(train.images());
    }

    private BatchLoss matrixLoss(boolean violatingOnly) {
        return new PairMatrixLoss(options.distance, options.margin, violatingOnly);
    }

    /** Steps with an Adam of their own. */
    private ToDoubleFunction<Batches.Batch> newStepper(BatchLoss batchLoss, ISchedule learningRate, double decay) {
        return stepper(batchLoss, learningRate, decay, Nd4j.zeros(DataType.FLOAT, 1, 2 * graph.numParams()), new AtomicInteger()::getAndIncrement);
    }

    /** One step after another: the loss of a batch, and Adam moves the weights; decay takes its share of them, if there is one. */
    private ToDoubleFunction<Batches.Batch> stepper(BatchLoss batchLoss, ISchedule learningRate, double decay, INDArray state, IntSupplier iteration) {
        AdamUpdater adam = new AdamUpdater(Adam.builder().learningRate(options.learningRate).learningRateSchedule(learningRate)
                .epsilon(EPSILON).build());
        INDArray weights = graph.params().reshape(graph.numParams());
        adam.setStateViewArray(state, weights.shape(), 'c', false);
        return batch -> {
            BatchLoss.Result result = batchLoss.of(fast.forward(batch.pictures()), batch.weights());
            fast.backward(result.gradient());
            int number = iteration.getAsInt();
            adam.applyUpdater(fast.gradient(), number, 0);
            if (decay > 0) {
                weights.muli(1 - decay * learningRate.valueAt(number, 0));
            }
            weights.subi(fast.gradient());
            double sum = weights.sumNumber().doubleValue(); // a weight that is no number can hide behind pooling and ReLU
            return Double.isFinite(sum) ? result.loss() : sum;
        };
    }

    /** {@return where a training in parts begins: the weights as they are, and an Adam that has seen nothing} */
    public synchronized State state() {
        float[] weights = graph.params().toFloatVector();
        return new State(weights, new float[2 * weights.length], 0, Double.NaN);
    }

    /**
     * Takes over the weights of a training in parts.
     *
     * @param state what {@link #state()} or {@link #steps} returned, or the mean of some
     * @throws IllegalArgumentException if it is the state of a network with another number of weights
     */
    public synchronized void restore(State state) {
        if (state.weights.length != graph.numParams() || state.moments.length != 2 * graph.numParams()) {
            throw new IllegalArgumentException("state must have " + graph.numParams() + " weights and twice as many moments, but has "
                    + state.weights.length + " and " + state.moments.length + "; it is that of another network.");
        }
        graph.params().assign(Nd4j.createFromArray(state.weights));
    }

    /**
     * Takes some steps of the training of {@link #fit(LabeledImages, Pairs, Recipe, TrainingListener...)} with
     * {@link AllPairs}, from a given state, on batches that depend on nothing but the images, the recipe and the seed. So the same call gives the same
     * result, on whatever machine of its kind it is repeated.
     *
     * @param from where the training stands
     * @param train images of 28 × 28 pixels to learn from; a class with a single image is left out
     * @param recipe batches and learning rate; its epochs are not used
     * @param steps how many to take, at least 1
     * @param ofSteps how many the whole training has: the one cycle of the learning rate ends with them
     * @param seed of the batches
     * @return where it stands then; this network has its weights
     * @throws IllegalArgumentException if an argument is out of range, or state or images are those of another network
     * @throws ArithmeticException if the loss becomes infinite or not a number
     */
    public synchronized State steps(State from, LabeledImages train, AllPairs recipe, int steps, int ofSteps, long seed) {
        checkSize(train);
        if (steps < 1 || ofSteps < from.steps + steps) {
            throw new IllegalArgumentException("steps must be at least 1 and ofSteps at least " + from.steps + " + steps, but are "
                    + steps + " and " + ofSteps + ".");
        }
        restore(from);
        Batches batches = new Batches.OfClasses(train, recipe, new Random(seed));
        INDArray moments = Nd4j.createFromArray(from.moments).reshape(1, from.moments.length);
        ToDoubleFunction<Batches.Batch> learn = stepper(matrixLoss(true), new OneCycle(recipe.peakLearningRate(), ofSteps), 0, moments,
                new AtomicInteger(from.steps)::getAndIncrement);
        double sum = 0;
        try {
            for (int step = 1; step <= steps; step++) {
                double score = learn.applyAsDouble(batches.get(step - 1));
                if (!Double.isFinite(score)) {
                    throw new ArithmeticException("The loss became " + score + " in step " + (from.steps + step) + "; try a smaller learning rate.");
                }
                sum += score;
            }
        } finally {
            fast.release();
        }
        return new State(graph.params().toFloatVector(), moments.toFloatVector(), from.steps + steps, sum / steps);
    }

    private History train(LabeledImages images, Pairs test, int epochs, Batches batches, ToDoubleFunction<Batches.Batch> step,
            TrainingListener[] listeners) {
        String source = images.source();
        List<History.Epoch> done = new ArrayList<>();
        boolean interrupted = false;
        Throwable cause = null;
        tell(listeners, l -> l.onStart(source, epochs, batches.count()));
        try {
            for (int epoch = 1; epoch <= epochs && !interrupted; epoch++) {
                Supplier<Batches.Batch> next = batches.epoch();
                double sum = 0;
                long pairs = 0;
                long start = System.nanoTime();
                for (int number = 1; number <= batches.count() && !interrupted; number++) {
                    Batches.Batch batch = next.get();
                    double score = step.applyAsDouble(batch);
                    if (!Double.isFinite(score)) {
                        throw new ArithmeticException("The loss became " + score + " in epoch " + epoch + ", batch " + number
                                + "; try a smaller learning rate.");
                    }
                    pairs += batch.pairs();
                    sum += batch.pairs() * score;
                    double seconds = (System.nanoTime() - start) / 1e9;
                    double batchesLeft = (double) (epochs - epoch + 1) * batches.count() - number;
                    Progress progress = new Progress(epoch, epochs, number, batches.count(), sum / pairs, pairs / seconds,
                            seconds / number * batchesLeft, "");
                    tell(listeners, l -> l.onBatch(progress));
                    interrupted = Thread.currentThread().isInterrupted() && batchesLeft > 0;
                }
                if (!interrupted) {
                    double seconds = (System.nanoTime() - start) / 1e9;
                    double testLoss = test == null ? Double.NaN : loss.mean(distances(test), test.similar());
                    History.Epoch result = new History.Epoch(epoch, sum / pairs, testLoss, pairs / seconds, seconds);
                    done.add(result);
                    tell(listeners, l -> l.onEpoch(result, epochs));
                }
            }
        } catch (RuntimeException | Error failure) {
            cause = failure;
            throw failure;
        } finally {
            fast.release();
            data = images.fingerprint();
            history = new History(source, done, interrupted || done.size() < epochs, "");
            Throwable failure = cause;
            tell(listeners, failure == null ? l -> l.onEnd(history) : l -> l.onFailure(history, failure));
        }
        return history;
    }

    private static void tell(TrainingListener[] listeners, Consumer<TrainingListener> what) {
        for (TrainingListener listener : listeners) {
            what.accept(listener);
        }
    }

    /**
     * {@return the distance of two pictures, as {@link Options#distance()} defines it}
     *
     * @param first 28 × 28 pixels, dark ink on white paper, as {@code Pictures} and {@code LabeledImages} give them
     * @param second likewise
     * @throws IllegalArgumentException if a picture has another size
     */
    public double distance(BufferedImage first, BufferedImage second) {
        double[][] embeddings = embed(LabeledImages.of(first, second), 0, 1);
        return options.distance.of(embeddings[0], embeddings[1]);
    }

    /**
     * {@return the layers as a table: name, kind, shape of the output for one picture (channels × height × width), and
     * number of weights; both branches share the layers between "both" and "distance"}
     */
    public Table summary() {
        StringColumn layers = StringColumn.create("Layer");
        StringColumn kinds = StringColumn.create("Kind");
        StringColumn outputs = StringColumn.create("Output");
        IntColumn weights = IntColumn.create("Weights");
        InputType shape = InputType.convolutional(SIZE, SIZE, 1);
        layers.append("first, second").append("both");
        kinds.append("the two pictures of a pair").append("stacked, to go through the same layers");
        outputs.append("2 times " + text(shape)).append("2 times " + text(shape));
        weights.append(0).append(0);
        for (org.deeplearning4j.nn.api.Layer layer : branch.getLayers()) {
            Layer configuration = layer.conf().getLayer();
            if (configuration instanceof DenseLayer) {
                shape = InputType.feedForward(shape.arrayElementsPerExample());
            }
            shape = configuration.getOutputType(layer.getIndex(), shape);
            layers.append(configuration.getLayerName());
            kinds.append(kind(configuration));
            outputs.append("2 times " + text(shape));
            weights.append((int) layer.numParams());
        }
        layers.append("distance").append("all");
        kinds.append(options.distance.name().toLowerCase(Locale.ROOT) + " distance of the two embeddings").append("");
        outputs.append("1").append("");
        weights.append(0).append((int) graph.numParams());
        return Table.create("Siamese network", layers, kinds, outputs, weights);
    }

    private static String kind(Layer layer) {
        if (layer instanceof ConvolutionLayer c) {
            return c.getNOut() + " filters of " + c.getKernelSize()[0] + " × " + c.getKernelSize()[1] + ", " + c.getActivationFn();
        }
        if (layer instanceof SubsamplingLayer p) {
            return "maximum of " + p.getKernelSize()[0] + " × " + p.getKernelSize()[1];
        }
        return "dense, " + ((DenseLayer) layer).getActivationFn();
    }

    private static String text(InputType shape) {
        long[] sizes = shape.getShape();
        return Arrays.stream(sizes).mapToObj(Long::toString).collect(Collectors.joining(" × "));
    }

    /**
     * {@return the embeddings of pictures, 128 numbers each; the means over {@link Options#views()}}
     *
     * @param images pictures of 28 × 28 pixels
     * @param indices which of them
     * @throws IllegalArgumentException if the pictures have another size
     */
    public synchronized double[][] embed(LabeledImages images, int... indices) {
        checkSize(images);
        double[][] embeddings = new double[indices.length][];
        for (int from = 0; from < indices.length; from += EMBEDDING_BATCH) {
            int[] batch = Arrays.copyOfRange(indices, from, Math.min(from + EMBEDDING_BATCH, indices.length));
            double[] values = mean(images.pixels(batch)).data().asDouble();
            int width = values.length / batch.length;
            for (int k = 0; k < batch.length; k++) {
                embeddings[from + k] = Arrays.copyOfRange(values, width * k, width * (k + 1));
            }
        }
        fast.release();
        return embeddings;
    }

    /** The mean of the embeddings of all views. */
    private INDArray mean(INDArray pictures) {
        INDArray sum = fast.forward(pictures).dup('c');
        for (int v = 1; v < options.views; v++) {
            sum.addi(fast.forward(Batches.moved(pictures, VIEWS[v][0], VIEWS[v][1])));
        }
        return sum.divi(options.views);
    }

    /**
     * {@return the distance of each pair, as {@link Options#distance()} defines it; every picture is embedded just once}
     *
     * @param pairs pairs of pictures of 28 × 28 pixels
     * @throws IllegalArgumentException if the pictures have another size
     */
    public double[] distances(Pairs pairs) {
        int[] distinct = pairs.distinctImages();
        double[][] embeddings = embed(pairs.images(), distinct);
        double[] distances = new double[pairs.size()];
        for (int p = 0; p < distances.length; p++) {
            distances[p] = options.distance.of(embeddings[Arrays.binarySearch(distinct, pairs.first()[p])],
                    embeddings[Arrays.binarySearch(distinct, pairs.second()[p])]);
        }
        return distances;
    }

    /**
     * Saves the network, the state of its training and its history, so that it can be loaded and trained on.
     *
     * @param file where to; its folder is made if need be, and a file of this name is replaced in one step
     * @throws IOException if the file cannot be written; no half-written file stays behind
     */
    public synchronized void save(Path file) throws IOException {
        SavedNetwork.write(this, file.toAbsolutePath());
    }

    /**
     * {@return a network that {@link #save} wrote}
     *
     * @param file where from
     * @throws IOException if the file cannot be read or is not a saved network, in one sentence
     */
    public static SiameseNetwork load(Path file) throws IOException {
        return SavedNetwork.read(file.toAbsolutePath());
    }

    private static void checkSize(LabeledImages images) {
        if (images.rows() != SIZE || images.columns() != SIZE) {
            throw new IllegalArgumentException("images must be " + SIZE + " x " + SIZE + " pixels, but are " + images.rows() + " x "
                    + images.columns() + "; Pictures.likeMnist brings pictures to that size.");
        }
    }
}
