package siamese.notebook;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import siamese.model.TrainingListener.Progress;

class TrainingProgressTest {

    private static final long MILLI = 1_000_000;
    private static final double[] NONE = {};

    private final List<View> shown = new ArrayList<>();
    private final List<Long> shownAt = new ArrayList<>();
    private long now = 5_000 * MILLI;

    private final TrainingProgress progress = new TrainingProgress(() -> now, first -> {
        record(first);
        return this::record;
    }, System.out);

    private void record(View view) {
        shown.add(view);
        shownAt.add(now);
    }

    private View last() {
        return shown.get(shown.size() - 1);
    }

    private static Progress batch(int epoch, int batch) {
        return new Progress(epoch, 10, batch, 847, 0.0312, 1043.4, 725, "");
    }

    @Test
    void showsTheFirstViewAtOnceAndThenWhereTrainingStands() {
        progress.onStart("MNIST", 10, 847);
        assertEquals("Training on MNIST starts: 10 epochs of 847 batches", last().text());
        now += 300 * MILLI;
        progress.onBatch(batch(3, 312));
        String status = "Epoch 3 of 10, batch 312 of 847, loss 0.0312, 1,043 pairs/s, time left 12 min 05 s";
        assertEquals(status, last().text());
        assertTrue(last().html().contains(status), last().html());
        assertTrue(last().html().contains("<progress") && last().html().contains("max=\"10\" value=\"2.368\""), last().html());
    }

    @Test
    void updatesAtMostFiveTimesInAnySecond() {
        progress.onStart("MNIST", 10, 847);
        for (int batch = 1; batch <= 500; batch++) {
            now += 10 * MILLI;
            progress.onBatch(batch(1, batch));
        }
        assertTrue(shown.size() > 15, shown.size() + " updates in 5 s");
        for (long from : shownAt) {
            long within = shownAt.stream().filter(at -> at >= from && at <= from + 1000 * MILLI).count();
            assertTrue(within <= 5, within + " updates in one second");
        }
    }

    @Test
    void theChartIsDrawnAnewAtEpochEndsAndEveryTwoSeconds() {
        progress.onStart("MNIST", 10, 100);
        List<String> charts = new ArrayList<>();
        for (int batch = 1; batch <= 100; batch++) { // 5 s
            now += 50 * MILLI;
            progress.onBatch(new Progress(1, 10, batch, 100, 1.0 / batch, 1000, 10, ""));
            String html = last().html();
            charts.add(html.contains("<img") ? Samples.attribute(html, "src") : "");
        }
        assertEquals(3, charts.stream().distinct().count(), "none, after 2 s, after 4 s");
        progress.onEpoch(Samples.epoch(1, 0.02), 10);
        now += 300 * MILLI;
        progress.onBatch(batch(2, 1));
        assertFalse(charts.contains(Samples.attribute(last().html(), "src")), "the epoch's end draws a new chart");
        assertTrue(Samples.attribute(last().html(), "alt").contains("test loss"), last().html());
        assertTrue(Samples.attribute(last().html(), "alt").contains("MNIST"), "the chart names the data");
    }

    @Test
    void chartsArePictures() throws IOException {
        progress.onStart("MNIST", 10, 847);
        now += 3000 * MILLI;
        progress.onBatch(batch(1, 50));
        assertTrue(Samples.differentColors(Samples.picture(last().html())) > 10);
    }

    @Test
    void endsAsOneLineAnEpochAndNothingElse() {
        progress.onStart("MNIST", 2, 847);
        now += 3000 * MILLI;
        progress.onBatch(batch(1, 847));
        progress.onEpoch(Samples.epoch(1, 0.0171), 2);
        progress.onEpoch(Samples.epoch(2, Double.NaN), 2);
        progress.onEnd(Samples.history(false, 0.0171, Double.NaN));
        String lines = "Trained on MNIST\nEpoch 1 of 2 — training loss 0.0313, test loss 0.0171, 1,043 pairs/s, 104 s\n"
                + "Epoch 2 of 2 — training loss 0.0156, 1,043 pairs/s, 104 s";
        assertEquals(lines, last().text());
        assertEquals("<pre style=\"font-family:monospace\">" + lines + "</pre>", last().html());
    }

    @Test
    void aWarningIsShownBelowTheBarAndKept() {
        String collapsed = "The network has collapsed: all distances are < 0.0001; try a smaller learning rate.";
        progress.onStart("MNIST", 2, 847);
        now += 300 * MILLI;
        progress.onBatch(new Progress(1, 2, 40, 847, 0.5, 1000, 10, collapsed));
        assertTrue(last().text().endsWith("time left 10 s\n" + collapsed), last().text());
        assertTrue(last().html().contains("</div><div><b>" + Text.escape(collapsed) + "</b></div>"), last().html());
        progress.onEpoch(Samples.epoch(1, Double.NaN), 2);
        progress.onEnd(Samples.history(true, collapsed, Double.NaN));
        List<String> lines = last().text().lines().toList();
        assertEquals(4, lines.size());
        assertEquals(collapsed, lines.get(2));
        assertTrue(lines.get(3).startsWith("Stopped after epoch 1 of 2"), lines.get(3));
    }

    @Test
    void anInterruptedRunSaysWhereItStopped() {
        progress.onStart("MNIST", 10, 847);
        progress.onEpoch(Samples.epoch(1, 0.02), 10);
        progress.onEpoch(Samples.epoch(2, 0.01), 10);
        progress.onBatch(batch(3, 312));
        progress.onEnd(Samples.history(true, 0.02, 0.01));
        List<String> lines = last().text().lines().toList();
        assertEquals(4, lines.size());
        assertTrue(lines.get(1).startsWith("Epoch  1 of 10 — "), "numbers are aligned");
        assertEquals("Stopped after batch 312 of 847 in epoch 3; the network keeps what it has learned.", lines.get(3));
    }

    @Test
    void aRunStoppedBetweenEpochsOrBeforeTheFirstBatchSaysSo() {
        progress.onStart("MNIST", 10, 847);
        progress.onEnd(Samples.history(true, NONE));
        assertEquals("Trained on MNIST\nStopped before the first batch; the network has learned nothing yet.", last().text());
        progress.onStart("MNIST", 10, 847);
        progress.onBatch(batch(1, 847));
        progress.onEpoch(Samples.epoch(1, 0.02), 10);
        progress.onEnd(Samples.history(true, 0.02));
        assertTrue(last().text().endsWith("Stopped after epoch 1 of 10; the network keeps what it has learned."), last().text());
    }

    @Test
    void aFailedRunSaysWhereAndWhyInOneLineAndNotThatItWasStopped() {
        progress.onStart("MNIST", 10, 847);
        progress.onEpoch(Samples.epoch(1, 0.02), 10);
        progress.onBatch(batch(2, 312));
        progress.onFailure(Samples.history(true, 0.02), new ArithmeticException(
                "The loss became NaN in epoch 2, batch 313; try a smaller learning rate.\nmore"));
        List<String> lines = last().text().lines().toList();
        assertEquals(3, lines.size());
        assertEquals("Training failed after batch 312 of 847 in epoch 2: The loss became NaN in epoch 2, batch 313; "
                + "try a smaller learning rate.", lines.get(2));
        progress.onStart("MNIST", 10, 847);
        progress.onFailure(Samples.history(true, NONE), new OutOfMemoryError());
        assertEquals("Training failed before the end of the first batch: OutOfMemoryError",
                last().text().lines().skip(1).findFirst().orElseThrow());
        assertFalse(last().text().contains("Stopped"));
    }

    @Test
    void aSecondRunStartsAfresh() {
        progress.onStart("MNIST", 1, 847);
        progress.onEpoch(Samples.epoch(1, 0.02), 1);
        progress.onEnd(Samples.history(false, 0.02));
        progress.onStart("Omniglot", 1, 5);
        assertEquals("Training on Omniglot starts: 1 epoch of 5 batches", last().text());
    }

    @Test
    void aTerminalGetsOneLineAnEpoch() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        TrainingProgress terminal = new TrainingProgress(() -> now, null, new PrintStream(out, true, StandardCharsets.UTF_8));
        terminal.onStart("MNIST", 10, 847);
        terminal.onBatch(batch(1, 1));
        terminal.onEpoch(Samples.epoch(1, 0.02), 10);
        terminal.onBatch(batch(2, 7));
        terminal.onBatch(new Progress(2, 10, 7, 847, 0.5, 1000, 10, "Collapsed."));
        terminal.onBatch(new Progress(2, 10, 7, 847, 0.5, 1000, 10, "Collapsed."));
        terminal.onEnd(Samples.history(true, 0.02));
        assertEquals(List.of("Epoch  1 of 10 — training loss 0.0313, test loss 0.0200, 1,043 pairs/s, 104 s",
                "Collapsed.", "Stopped after batch 7 of 847 in epoch 2; the network keeps what it has learned."),
                out.toString(StandardCharsets.UTF_8).lines().toList());
    }

    /** Painting clears a thread's interruption, and with it the reader's Stop, unless it is done on another thread. */
    @Test
    void stopIsNotLostWhileTheChartIsDrawn() {
        progress.onStart("MNIST", 10, 847);
        now += 3000 * MILLI;
        Thread.currentThread().interrupt();
        try {
            progress.onBatch(batch(1, 1));
        } finally {
            assertTrue(Thread.interrupted(), "the interruption is kept");
        }
        assertTrue(last().html().contains("<img"), "a chart was drawn");
    }

    @Test
    void aDisplayThatFailsDoesNotStopTheTraining() {
        TrainingProgress broken = new TrainingProgress(() -> now, first -> view -> {
            throw new IllegalStateException("socket closed");
        }, System.out);
        PrintStream err = System.err;
        ByteArrayOutputStream caught = new ByteArrayOutputStream();
        System.setErr(new PrintStream(caught, true, StandardCharsets.UTF_8));
        try {
            broken.onStart("MNIST", 10, 847);
            now += 3000 * MILLI;
            broken.onBatch(batch(1, 1));
            broken.onEnd(Samples.history(false, 0.02));
        } finally {
            System.setErr(err);
        }
        assertTrue(caught.toString(StandardCharsets.UTF_8).contains("socket closed"));
    }
}
