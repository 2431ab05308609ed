package siamese.data;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.apache.commons.math3.analysis.interpolation.LinearInterpolator;
import org.apache.commons.math3.analysis.polynomials.PolynomialSplineFunction;
import org.apache.commons.math3.stat.StatUtils;
import org.apache.commons.math3.stat.regression.SimpleRegression;
import siamese.data.Strokes.Drawing;

/** The eight curves of a drawing: see {@link Drawing#curves()}. */
final class PenCurves {

    /** What x, y, speed and the accelerations are multiplied by. */
    private static final double POSITION = 0.4;
    private static final double SPEED = 5;
    private static final double ACCELERATION = 20;
    private static final double FLATTEST = 0.25;

    /** Less movement than this, in standard deviations of y a moment, has no direction. */
    private static final double STANDS = 1e-6;

    private PenCurves() {
    }

    static double[][] of(Drawing drawing) {
        double[] seconds = drawing.seconds();
        double end = seconds[seconds.length - 1];
        double[] moments = IntStream.range(0, Strokes.STEPS)
                .mapToDouble(k -> Math.min(end, seconds[0] + drawing.duration() * k / (Strokes.STEPS - 1))).toArray();
        boolean[] down = new boolean[Strokes.STEPS];
        for (int k = 0; k < down.length; k++) {
            int place = Arrays.binarySearch(seconds, moments[k]); // else where it would stand
            down[k] = drawing.down()[place < 0 ? -place - 2 : place];
        }
        double[] x = level(seconds, drawing.x(), moments);
        double[] y = level(seconds, drawing.y(), moments);
        double square = Math.max(StatUtils.populationVariance(y),
                FLATTEST * FLATTEST * StatUtils.populationVariance(x));
        double unit = square > STANDS * STANDS ? Math.sqrt(square) : Double.POSITIVE_INFINITY; // else rounding is left
        Arrays.setAll(x, k -> x[k] / unit);
        Arrays.setAll(y, k -> y[k] / unit);
        return of(x, y, down);
    }

    /** {@return the curves of a path that is level and of unit size} */
    static double[][] of(double[] x, double[] y, boolean[] down) {
        double[] dx = slope(x);
        double[] dy = slope(y);
        double[] ddx = slope(dx);
        double[] ddy = slope(dy);
        double[][] curves = new double[Strokes.CURVES][x.length];
        double cos = 1;
        double sin = 0;
        for (int k = 0; k < x.length; k++) {
            double speed = Math.hypot(dx[k], dy[k]);
            boolean moves = speed > STANDS;
            cos = moves ? dx[k] / speed : cos;
            sin = moves ? dy[k] / speed : sin;
            curves[0][k] = down[k] ? 1 : -1;
            curves[1][k] = POSITION * x[k];
            curves[2][k] = POSITION * y[k];
            curves[3][k] = SPEED * speed;
            curves[4][k] = moves ? ACCELERATION * (cos * ddy[k] - sin * ddx[k]) : 0;
            curves[5][k] = ACCELERATION * (cos * ddx[k] + sin * ddy[k]);
            curves[6][k] = cos;
            curves[7][k] = sin;
        }
        return curves;
    }

    /** {@return a coordinate at some moments, without the straight line that fits best} */
    private static double[] level(double[] seconds, double[] values, double[] moments) {
        PolynomialSplineFunction path = new LinearInterpolator().interpolate(seconds, values);
        SimpleRegression line = new SimpleRegression();
        Arrays.stream(moments).forEach(moment -> line.addData(moment, path.value(moment)));
        return Arrays.stream(moments).map(moment -> path.value(moment) - line.predict(moment)).toArray();
    }

    /** {@return central differences; at the ends one-sided ones} */
    private static double[] slope(double[] values) {
        double[] slope = new double[values.length];
        for (int k = 0; k < slope.length; k++) {
            int from = Math.max(0, k - 1);
            int to = Math.min(slope.length - 1, k + 1);
            slope[k] = (values[to] - values[from]) / (to - from);
        }
        return slope;
    }
}
