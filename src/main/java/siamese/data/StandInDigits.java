package siamese.data;

import it.unimi.dsi.fastutil.ints.IntArrays;
import java.awt.BasicStroke;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.AffineTransform;
import java.awt.geom.Path2D;
import java.awt.geom.PathIterator;
import java.awt.geom.Point2D;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.awt.image.DataBufferByte;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Digits drawn by a pen that trembles, for a machine that cannot get MNIST: 28 × 28 pixels, anti-aliased, ink bright on
 * black, each digit in several ways of writing it, with varying slant, proportions, size, position, pen and shape. They
 * are about as hard as MNIST: the nearest of 60,000 others in pixels names 96 to 98 % of the digits rightly. The same
 * seed gives the same digits.
 */
final class StandInDigits {

    static final String SOURCE = "stand-in digits";
    /** What follows the sentence that says why the real data cannot be had. */
    static final String NOTE = " Until then, what follows uses %s, which this project draws itself.%n";

    /** MNIST's. */
    private static final int[] TRAIN_COUNTS = {5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949};
    private static final int[] TEST_COUNTS = {980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009};

    private static final int SIDE = 28;
    /** The larger side of the box that a digit fills, in pixels, as in MNIST. */
    private static final double BOX = 20;
    /** How much care the writers take differs: the spread of the logarithm of what multiplies the next two. */
    private static final double CARELESSNESS = 0.38;
    /** How far a writer misses the points, and bends the whole, in hundredths of the digit's height. */
    private static final double TREMOR = 2.6;
    private static final double BEND = 3.5;

    /**
     * Ways to write each digit, in a square of 100 × 100 with y downwards: the pen passes smoothly through the points,
     * "!" makes a corner, and "/" lifts the pen.
     */
    private static final String[][] WAYS = {
        {"50,4 24,18 14,55 32,92 60,95 82,62 76,22 50,4", "58,3 30,10 14,45 20,85 50,98 80,75 84,35 62,8 44,8",
            "50,6 20,35 26,80 52,96 78,70 74,25 46,3 30,14"},
        {"50,2 50,50 50,98", "54,2 49,50 46,98", "26,26 52,3! 51,50 50,98",
            "30,22 52,3! 50,50 50,97 / 26,97 50,96 76,97"},
        {"18,26 40,5 70,12 72,38 46,70 16,96! 50,94 86,96", "20,30 44,4 74,18 66,50 32,90 14,84 28,70 56,88 90,88",
            "22,12 52,4 76,24 60,56 18,92! 52,96 84,90"},
        {"20,15 50,3 76,22 44,46! 78,64 72,90 42,99 14,86", "18,6 46,6 76,5! 46,42! 80,62 72,92 40,98 14,86",
            "22,10 58,4 70,26 46,46 40,48 74,60 76,88 44,99 16,92"},
        {"26,5 18,30 16,54 44,56 84,50 / 72,10 68,55 64,98", "60,98 61,50 62,3! 36,36 12,66! 50,67 88,64",
            "24,8 20,40 34,54 62,48 76,30 / 78,6 72,50 68,98", "56,4 30,34 14,60 50,62 88,58 / 68,34 64,66 62,98"},
        {"78,5 52,6 28,7! 26,26 24,44! 56,40 80,66 58,96 16,88",
            "30,8 26,26 24,44! 56,40 80,66 58,96 16,88 / 30,8 56,7 82,4",
            "76,8 42,8 30,34 56,48 76,72 52,97 16,90"},
        {"66,3 34,32 18,68 38,97 70,86 68,60 40,56 20,76", "44,2 26,36 20,78 46,98 74,82 62,58 36,62 22,84",
            "72,8 40,22 18,62 34,96 70,90 72,64 44,54 22,70"},
        {"14,8 46,8 82,5! 58,48 40,98", "14,8 46,8 82,5! 58,48 40,98 / 34,52 54,50 78,48",
            "14,24 18,7! 48,8 82,6! 62,46 50,98",
            "16,10 54,6 78,14 62,50 48,98"},
        {"74,14 48,3 24,20 48,46 78,74 50,98 20,76 46,48 76,26 70,10",
            "50,48 26,30 44,4 72,18 52,46 24,72 46,98 78,78 52,48",
            "64,8 34,8 34,34 66,62 62,92 34,92 34,64 64,36 66,12"},
        {"74,26 50,3 22,26 42,50 72,28! 72,60 68,98", "72,20 44,4 22,30 46,50 74,20 74,62 56,96 26,90",
            "68,8 34,8 24,36 52,46 70,14! 64,56 52,98"},
    };

    private StandInDigits() {
    }

    /** {@return training and test digits with MNIST's class counts; drawing them takes seconds} */
    static Mnist draw() {
        return new Mnist(draw(TRAIN_COUNTS, 1), draw(TEST_COUNTS, 2));
    }

    /**
     * Draws digits and mixes them.
     *
     * @param counts how many images of each class, from digit 0 to digit 9
     * @param seed of everything that varies
     */
    static LabeledImages draw(int[] counts, long seed) {
        int[] labels = IntStream.range(0, counts.length)
                .flatMap(digit -> IntStream.generate(() -> digit).limit(counts[digit])).toArray();
        IntArrays.shuffle(labels, new Random(seed));
        SplittableRandom[] writers = new SplittableRandom(seed).splits(labels.length).toArray(SplittableRandom[]::new);
        byte[] pixels = new byte[labels.length * SIDE * SIDE];
        IntStream.range(0, labels.length).parallel().forEach(i -> System.arraycopy(
                draw(WAYS[labels[i]], SIDE, writers[i]), 0, pixels, i * SIDE * SIDE, SIDE * SIDE));
        return new LabeledImages(SOURCE, SIDE, SIDE, WAYS.length, pixels, labels);
    }

    /** {@return the ink of a character, written in one of several ways into a square of so many pixels} */
    static byte[] draw(String[] ways, int side, SplittableRandom random) {
        double unit = side / (double) SIDE;
        double carelessness = Math.min(2.4, Math.exp(CARELESSNESS * random.nextGaussian()));
        Path2D path = path(ways[random.nextInt(ways.length)], carelessness, random);
        double width = Math.max(0.45, 0.8 + 0.13 * random.nextGaussian());
        path.transform(new AffineTransform(width, 0, -0.15 - 0.17 * random.nextGaussian(), 1, 0, 0));
        path.transform(AffineTransform.getRotateInstance(0.07 * random.nextGaussian()));

        double pen = Math.min(4, Math.max(1.4, 2.5 + 0.55 * random.nextGaussian()));
        Rectangle2D bounds = bounds(path);
        double scale = (unit * BOX - pen) / Math.max(bounds.getWidth(), bounds.getHeight())
                * (0.96 + 0.04 * random.nextGaussian());
        AffineTransform place = AffineTransform.getTranslateInstance(
                unit * (SIDE / 2.0 + 0.7 * random.nextGaussian()), unit * (SIDE / 2.0 + 0.7 * random.nextGaussian()));
        place.scale(scale, scale);
        place.translate(-bounds.getCenterX(), -bounds.getCenterY());
        path.transform(place);

        BufferedImage picture = new BufferedImage(side, side, BufferedImage.TYPE_BYTE_GRAY);
        Graphics2D graphics = picture.createGraphics();
        graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        graphics.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
        graphics.setStroke(new BasicStroke((float) pen, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
        graphics.draw(path);
        graphics.dispose();
        return ((DataBufferByte) picture.getRaster().getDataBuffer()).getData();
    }

    /** The bounds of all points, those that curves are only drawn to included, as Java's own were before Java 19. */
    private static Rectangle2D bounds(Path2D path) {
        Rectangle2D bounds = new Rectangle2D.Double(path.getCurrentPoint().getX(), path.getCurrentPoint().getY(), 0, 0);
        double[] at = new double[6];
        for (PathIterator part = path.getPathIterator(null); !part.isDone(); part.next()) {
            for (int k = part.currentSegment(at) == PathIterator.SEG_CUBICTO ? 4 : 0; k >= 0; k -= 2) {
                bounds.add(at[k], at[k + 1]);
            }
        }
        return bounds;
    }

    /**
     * One way of writing: Catmull-Rom curves from corner to corner through the points, each moved a little on its own,
     * and all by a smooth random field, two waves in each direction.
     */
    private static Path2D path(String way, double carelessness, SplittableRandom random) {
        double[] phase = random.doubles(4, 0, 2 * Math.PI).toArray();
        double[] height = Stream.generate(random::nextGaussian).limit(4).mapToDouble(g -> BEND * carelessness * g)
                .toArray();
        Path2D path = new Path2D.Double();
        for (String stroke : way.split(" / ")) {
            String[] points = stroke.split(" ");
            Point2D.Double[] at = Stream.of(points).map(point -> {
                String[] xy = point.replace("!", "").split(",");
                double x = Integer.parseInt(xy[0]) + TREMOR * carelessness * random.nextGaussian();
                double y = Integer.parseInt(xy[1]) + TREMOR * carelessness * random.nextGaussian();
                return new Point2D.Double(
                        x + height[0] * Math.sin(y / 24 + phase[0]) + height[1] * Math.sin(x / 20 + phase[1]),
                        y + height[2] * Math.sin(x / 24 + phase[2]) + height[3] * Math.sin(y / 20 + phase[3]));
            }).toArray(Point2D.Double[]::new);
            path.moveTo(at[0].x, at[0].y);
            for (int i = 0; i + 1 < at.length; i++) {
                Point2D.Double before = at[i == 0 || points[i].endsWith("!") ? i : i - 1];
                Point2D.Double from = at[i];
                Point2D.Double to = at[i + 1];
                Point2D.Double after = at[i + 2 == at.length || points[i + 1].endsWith("!") ? i + 1 : i + 2];
                path.curveTo(from.x + (to.x - before.x) / 6, from.y + (to.y - before.y) / 6,
                        to.x - (after.x - from.x) / 6, to.y - (after.y - from.y) / 6, to.x, to.y);
            }
        }
        return path;
    }
}
