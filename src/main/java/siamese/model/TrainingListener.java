package siamese.model;

/** Is told what training does, on the thread that trains; it should return quickly. */
public interface TrainingListener {

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
