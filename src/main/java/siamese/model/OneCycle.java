package siamese.model;

import org.nd4j.linalg.schedule.ISchedule;

/**
 * A learning rate that rises from a twenty-fifth of its peak for 30 % of the steps and then falls almost to 0, both as
 * half a cosine: the one-cycle policy of L. N. Smith and N. Topin, "Super-Convergence" (arXiv:1708.07120), in the form
 * that PyTorch gives it.
 *
 * @param peak the highest learning rate
 * @param steps how many steps the training has
 */
record OneCycle(double peak, int steps) implements ISchedule {

    private static final double RISE = 0.3;

    @Override
    public double valueAt(int iteration, int epoch) {
        double done = Math.min(1, (iteration + 0.5) / steps);
        return done < RISE ? between(peak / 25, peak, done / RISE)
                : between(peak, peak / 10_000, (done - RISE) / (1 - RISE));
    }

    private static double between(double from, double to, double share) {
        return to + (from - to) * (1 + Math.cos(Math.PI * share)) / 2;
    }

    @Override
    public ISchedule clone() {
        return this;
    }
}
