package siamese.model;

/** Is told what training does, on the thread that trains; it should return quickly. */
public interface TrainingListener {

    /**
     * Where training stands after a batch.
     *
     * @param epoch 1 for the first
     * @param epochs how many there will be
     * @param batch of this epoch, 1 for the first
     * @param batches how many this epoch has
     * @param loss mean loss of this epoch's pairs so far
     * @param pairsPerSecond training pairs a second in this epoch so far
     * @param secondsLeft estimated time until the last epoch ends
     * @param warning what the reader should know now, in one sentence, such as that the network has collapsed; "" if
     *     nothing
     */
    record Progress(int epoch, int epochs, int batch, int batches, double loss, double pairsPerSecond,
            double secondsLeft, String warning) {
    }

    /**
     * Training begins.
     *
     * @param source name of the data
     * @param epochs how many there will be
     * @param batches in each epoch
     */
    default void onStart(String source, int epochs, int batches) {
    }

    /**
     * A batch was learned.
     *
     * @param progress where training stands
     */
    default void onBatch(Progress progress) {
    }

    /**
     * An epoch was finished and the test pairs were evaluated.
     *
     * @param epoch what it brought
     * @param epochs how many there will be
     */
    default void onEpoch(History.Epoch epoch, int epochs) {
    }

    /**
     * Training ended: finished, or stopped.
     *
     * @param history all finished epochs
     */
    default void onEnd(History history) {
    }

    /**
     * Training ended by an exception, which its caller gets, too; {@link #onEnd} is called unless this method is
     * overridden.
     *
     * @param history all finished epochs
     * @param cause what went wrong
     */
    default void onFailure(History history, Throwable cause) {
        onEnd(history);
    }
}
