package siamese.spark;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;
import siamese.model.History;
import siamese.model.SiameseNetwork;
import siamese.model.TrainingListener;
import siamese.model.TrainingListener.Progress;

/**
 * Training on a cluster round by round, of which the driver knows where each has led.
 *
 * @param source what the examples are
 * @param epochs how many
 * @param count rounds an epoch
 * @param pairs that a round reads
 */
record Rounds(String source, int epochs, int count, double pairs) {

    /** What the cluster does. */
    @FunctionalInterface
    interface Round {

        /** {@return where a round leads; its number counts from 1} */
        SiameseNetwork.State take(SiameseNetwork.State from, int number);
    }

    /**
     * Takes all rounds from a state, those left out that have led there.
     *
     * @param network has the weights after each round
     * @param listeners are told what happens; what they call a batch is a round
     */
    History run(SiameseNetwork network, SiameseNetwork.State from, int done, Round what,
            TrainingListener... listeners) {
        tell(listeners, l -> l.onStart(source, epochs, count));
        List<History.Epoch> finished = new ArrayList<>();
        SiameseNetwork.State state = from;
        network.restore(state);
        boolean interrupted = false;
        try {
            for (int epoch = 1 + done / count; epoch <= epochs && !interrupted; epoch++) {
                double seconds = 0;
                double loss = 0;
                int first = Math.max(0, done - (epoch - 1) * count);
                for (int round = first + 1; round <= count && !interrupted; round++) {
                    long start = System.nanoTime();
                    state = what.take(state, (epoch - 1) * count + round);
                    network.restore(state);
                    seconds += (System.nanoTime() - start) / 1e9;
                    loss += state.loss();
                    int taken = round - first;
                    double left = (double) (epochs - epoch + 1) * count - round;
                    Progress progress = new Progress(epoch, epochs, round, count, loss / taken,
                            pairs * taken / seconds, seconds / taken * left, "");
                    tell(listeners, l -> l.onBatch(progress));
                    interrupted = Thread.currentThread().isInterrupted() && left > 0;
                }
                if (!interrupted) {
                    History.Epoch end = new History.Epoch(epoch, loss / (count - first), Double.NaN,
                            pairs * (count - first) / seconds, seconds);
                    finished.add(end);
                    tell(listeners, l -> l.onEpoch(end, epochs));
                }
            }
        } catch (CancellationException stopped) {
            interrupted = true;
        } catch (RuntimeException failure) {
            tell(listeners, l -> l.onFailure(new History(source, finished, true, ""), failure));
            throw failure;
        }
        History history = new History(source, finished, interrupted, "");
        tell(listeners, l -> l.onEnd(history));
        return history;
    }

    private static void tell(TrainingListener[] listeners, Consumer<TrainingListener> what) {
        for (TrainingListener listener : listeners) {
            what.accept(listener);
        }
    }
}
