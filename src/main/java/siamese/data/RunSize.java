package siamese.data;

/**
 * How much of the data and how many epochs a run uses: the one place that defines a quick run.
 *
 * <p>A full run takes everything. A quick run, for tests, for Binder and for a first look, draws
 * {@value #QUICK_TRAINING_IMAGES} training images and {@value #QUICK_TEST_IMAGES} test images of each class, always the
 * same ones (12,000 and 4,000 of the overview's pairs), and at most {@value #QUICK_EPOCHS} epochs; of Omniglot the
 * first {@value #QUICK_BACKGROUND_ALPHABETS} background and {@value #QUICK_EVALUATION_ALPHABETS} evaluation alphabets.
 * The images of a quick run call themselves "…, quick run", and so does every chart and table made from them.
 */
public enum RunSize {
    /** Everything. */
    FULL,
    /** A small part, for a run of about a minute. */
    QUICK;

    private static final int QUICK_TRAINING_IMAGES = 601;
    private static final int QUICK_TEST_IMAGES = 201;
    private static final long QUICK_SEED = 0;
    private static final int QUICK_EPOCHS = 2;
    private static final int QUICK_BACKGROUND_ALPHABETS = 4;
    private static final int QUICK_EVALUATION_ALPHABETS = 2;

    /** {@return {@link #QUICK} where the environment variable {@code SIAMESE_QUICK} is 1, else {@link #FULL}} */
    public static RunSize current() {
        return "1".equals(System.getenv("SIAMESE_QUICK")) ? QUICK : FULL;
    }

    /**
     * {@return the part of MNIST that this run uses}
     *
     * @param all everything
     */
    public Mnist of(Mnist all) {
        return this == FULL ? all : new Mnist(
                all.train().sampleOfEachClass(QUICK_TRAINING_IMAGES, QUICK_SEED, all.train().source() + ", quick run"),
                all.test().sampleOfEachClass(QUICK_TEST_IMAGES, QUICK_SEED, all.test().source() + ", quick run"));
    }

    /**
     * {@return the part of Omniglot that this run uses; the published runs are always all there}
     *
     * @param all everything
     */
    public Omniglot of(Omniglot all) {
        return this == FULL ? all : new Omniglot(first(all.background(), QUICK_BACKGROUND_ALPHABETS),
                first(all.evaluation(), QUICK_EVALUATION_ALPHABETS),
                all.runs().stream().map(run -> new Omniglot.Run(quick(run.training()), quick(run.test()))).toList());
    }

    private static Omniglot.Characters first(Omniglot.Characters all, int alphabets) {
        return all.only(all.alphabetNames().subList(0, alphabets), all.images().source() + ", quick run");
    }

    private static LabeledImages quick(LabeledImages images) {
        return images.named(images.source() + ", quick run");
    }

    /**
     * {@return the number of epochs of this run}
     *
     * @param full the number of epochs of a full run
     */
    public int epochs(int full) {
        return this == FULL ? full : Math.min(full, QUICK_EPOCHS);
    }
}
