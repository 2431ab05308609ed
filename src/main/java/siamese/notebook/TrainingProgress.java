package siamese.notebook;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import siamese.model.History;
import siamese.model.TrainingListener.Progress;
import siamese.model.TrainingListener;

/**
 * Shows a training run while it goes on: a progress bar with epoch, batch, loss, pairs a second and the time left, and
 * a loss chart that grows, updated in place. What stays at the end, and in the saved notebook, is one line an epoch,
 * and one more each where there is a warning and where the run was stopped. A terminal gets the same lines.
 *
 * <p>For one run at a time; thread-safe. A display that fails never stops the training.
 */
public final class TrainingProgress implements TrainingListener {

    /** Four updates a second at most, so that with the last one they are never more than five. */
    static final long UPDATE_NANOS = 250_000_000L;

    /** The chart is drawn anew at the ends of epochs, and at most this often in between. */
    static final long CHART_NANOS = 2_000_000_000L;

    private final LongSupplier clock;
    private final Function<View, Consumer<View>> opener;
    private final PrintStream terminal;

    private final List<History.Epoch> epochs = new ArrayList<>();
    private final List<double[]> curve = new ArrayList<>();
    private Consumer<View> output;
    private String source;
    private int epochsPlanned;
    private Progress latest;
    private String chart = "";
    private int chartEpochs;
    private long chartAt;
    private long shownAt;

    /** A view in the running notebook cell, or lines on standard output where there is no kernel. */
    public TrainingProgress() {
        this(System::nanoTime, Kernel.isRunning() ? view -> Kernel.displayUpdatable(view)::update : null, System.out);
    }

    /**
     * @param clock nanoseconds
     * @param opener shows a first view and returns what replaces it; null prints to the terminal instead
     * @param terminal where lines go without an opener
     */
    TrainingProgress(LongSupplier clock, Function<View, Consumer<View>> opener, PrintStream terminal) {
        this.clock = clock;
        this.opener = opener;
        this.terminal = terminal;
    }

    @Override
    public synchronized void onStart(String source, int epochs, int batches) {
        this.epochs.clear();
        curve.clear();
        latest = null;
        chart = "";
        chartEpochs = 0;
        chartAt = clock.getAsLong();
        this.source = source;
        epochsPlanned = epochs;
        output = null;
        if (opener != null) {
            View first = running("Training on " + source + " starts: " + Text.count(epochs)
                    + (epochs == 1 ? " epoch" : " epochs") + " of " + Text.count(batches) + " batches", "", 0);
            guarded(() -> output = opener.apply(first));
            shownAt = clock.getAsLong();
        }
    }

    @Override
    public synchronized void onBatch(Progress progress) {
        if (opener == null && !progress.warning().isEmpty() && (latest == null || latest.warning().isEmpty())) {
            terminal.println(progress.warning());
        }
        latest = progress;
        updateIfDue();
    }

    @Override
    public synchronized void onEpoch(History.Epoch epoch, int epochs) {
        this.epochs.add(epoch);
        epochsPlanned = epochs;
        if (opener == null) {
            terminal.println(line(epoch));
        } else {
            updateIfDue();
        }
    }

    @Override
    public synchronized void onEnd(History history) {
        end(history, history.interrupted() ? stopped() : "");
    }

    @Override
    public synchronized void onFailure(History history, Throwable cause) {
        String where = latest == null ? "before the end of the first batch" : "after " + batch();
        String what = cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
        end(history, "Training failed " + where + ": " + what.lines().findFirst().orElse(""));
    }

    private void end(History history, String last) {
        if (opener != null) {
            String lines = lines(history.warning(), last);
            show(View.lines("Trained on " + source + "\n" + (lines.isEmpty() ? "No epoch was trained." : lines)));
        } else if (!last.isEmpty()) {
            terminal.println(last);
        }
    }

    private String stopped() {
        int finished = epochs.size();
        if (latest == null && finished == 0) {
            return "Stopped before the first batch; the network has learned nothing yet.";
        }
        return "Stopped after " + (latest != null && latest.epoch() > finished ? batch()
                : "epoch " + finished + " of " + epochsPlanned) + "; the network keeps what it has learned.";
    }

    private String batch() {
        return "batch " + Text.count(latest.batch()) + " of " + Text.count(latest.batches()) + " in epoch "
                + latest.epoch();
    }

    private void updateIfDue() {
        long now = clock.getAsLong();
        if (output == null || now - shownAt < UPDATE_NANOS || latest == null) {
            return;
        }
        double done = latest.epoch() - 1 + (double) latest.batch() / latest.batches();
        if (epochs.size() > chartEpochs || now - chartAt >= CHART_NANOS) {
            drawChart(now, done);
        }
        show(running(String.format(Locale.ROOT, "Epoch %d of %d, batch %,d of %,d, loss %s, %,d pairs/s, time left %s",
                latest.epoch(), latest.epochs(), latest.batch(), latest.batches(), loss(latest.loss()),
                Math.round(latest.pairsPerSecond()), Text.duration(latest.secondsLeft())), latest.warning(), done));
        shownAt = now;
    }

    private void drawChart(long now, double done) {
        chartAt = now;
        chartEpochs = epochs.size();
        if (Double.isFinite(latest.loss())) {
            curve.add(new double[] {done, latest.loss()});
        }
        if (!curve.isEmpty()) {
            guarded(() -> {
                View view = Charts.view(Charts.growing(source, curve.stream().mapToDouble(point -> point[0]).toArray(),
                        curve.stream().mapToDouble(point -> point[1]).toArray(), epochs, epochsPlanned));
                chart = "<div>" + view.html() + "</div>";
            });
        }
    }

    /** The view of a run that goes on: the finished epochs, the bar with where it stands, what is wrong, the chart. */
    private View running(String status, String warning, double epochsDone) {
        String done = lines();
        String html = (done.isEmpty() ? "" : View.pre(done))
                + "<div><progress aria-label=\"Training\" style=\"width:20em\" max=\"" + epochsPlanned + "\" value=\""
                + String.format(Locale.ROOT, "%.3f", epochsDone) + "\"></progress> " + Text.escape(status) + "</div>"
                + (warning.isEmpty() ? "" : "<div><b>" + Text.escape(warning) + "</b></div>") + chart;
        return new View(html, lines(status, warning));
    }

    /** One line for each finished epoch, and these where they are not empty. */
    private String lines(String... more) {
        return Stream.concat(epochs.stream().map(this::line), Stream.of(more).filter(text -> !text.isEmpty()))
                .collect(Collectors.joining("\n"));
    }

    private String line(History.Epoch epoch) {
        String of = String.valueOf(epochsPlanned);
        return String.format(Locale.ROOT, "Epoch %" + of.length() + "d of %s — training loss %s%s, %,d pairs/s, %.0f s",
                epoch.number(), of, loss(epoch.trainLoss()),
                Double.isNaN(epoch.testLoss()) ? "" : ", test loss " + loss(epoch.testLoss()),
                Math.round(epoch.pairsPerSecond()), epoch.seconds());
    }

    private static String loss(double loss) {
        return Double.isFinite(loss) ? String.format(Locale.ROOT, "%.4f", loss) : Text.number(loss);
    }

    private void show(View view) {
        guarded(() -> {
            if (output != null) {
                output.accept(view);
            }
        });
    }

    /** What cannot be shown must not end a training run of many minutes; the next update tries again. */
    private static void guarded(Runnable display) {
        try {
            OwnThread.run(display);
        } catch (RuntimeException | LinkageError e) {
            System.err.println("The progress of the training cannot be shown: " + e);
        }
    }
}
