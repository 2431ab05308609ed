package siamese.data;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.ToDoubleFunction;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.InflaterInputStream;

/**
 * Digits drawn by a pen that trembles, for a machine that cannot get MNIST: 28 × 28 pixels, anti-aliased, ink bright on
 * black, each digit in several ways of writing it, with varying slant, proportions, size, position, pen and shape. They
 * are about as hard as MNIST: the nearest of 60,000 others in pixels names 96 to 98 % of the digits rightly. The same
 * seed gives the same digits.
 */
final class StandInDigits {

    static final String SOURCE = "stand-in digits";

    /** Of the drawing: digits that are kept under another number are not those that would be drawn now. */
    private static final int VERSION = 1;
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
    /** Straight pieces from one point of a stroke to the next. */
    private static final int STEPS = 6;

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

    /**
     * {@return training and test digits with MNIST's class counts}
     *
     * @param folder where they are kept; they are read from there if they are in it, else drawn, which takes seconds
     */
    static Mnist load(Path folder) {
        return new Mnist(load(folder.resolve("train-" + VERSION + ".z"), TRAIN_COUNTS, 1),
                load(folder.resolve("test-" + VERSION + ".z"), TEST_COUNTS, 2));
    }

    /** Those of one file: as many of each class as counts says. */
    static LabeledImages load(Path file, int[] counts, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int[] labels = labels(counts, random);
        byte[] pixels = kept(file, labels.length * SIDE * SIDE);
        if (pixels == null) {
            pixels = pixels(labels, random);
            keep(file, pixels);
        }
        return images(labels, pixels);
    }

    /** What the file holds, null if it is absent or damaged. */
    private static byte[] kept(Path file, int bytes) {
        try (InputStream in = new InflaterInputStream(Files.newInputStream(file))) {
            byte[] pixels = in.readNBytes(bytes);
            return pixels.length == bytes && in.read() < 0 ? pixels : null;
        } catch (IOException absentOrDamaged) {
            return null;
        }
    }

    private static void keep(Path file, byte[] pixels) {
        try {
            Files.createDirectories(file.getParent());
            Path part = Files.createTempFile(file.getParent(), file.getFileName().toString(), ".part");
            try {
                try (OutputStream out = new DeflaterOutputStream(Files.newOutputStream(part),
                        new Deflater(Deflater.BEST_SPEED))) {
                    out.write(pixels);
                }
                Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
            } finally {
                Files.deleteIfExists(part);
            }
        } catch (IOException e) { // no room or no permission: they are drawn again the next time
        }
    }

    /**
     * Draws digits and mixes them.
     *
     * @param counts how many images of each class, from digit 0 to digit 9
     * @param seed of everything that varies
     */
    static LabeledImages draw(int[] counts, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int[] labels = labels(counts, random);
        return images(labels, pixels(labels, random));
    }

    private static LabeledImages images(int[] labels, byte[] pixels) {
        return new LabeledImages(SOURCE, SIDE, SIDE, WAYS.length, pixels, labels);
    }

    private static int[] labels(int[] counts, SplittableRandom random) {
        int[] labels = IntStream.range(0, counts.length)
                .flatMap(digit -> IntStream.generate(() -> digit).limit(counts[digit])).toArray();
        for (int i = labels.length - 1; i > 0; i--) {
            int j = random.nextInt(i + 1);
            int label = labels[i];
            labels[i] = labels[j];
            labels[j] = label;
        }
        return labels;
    }

    private static byte[] pixels(int[] labels, SplittableRandom random) {
        SplittableRandom[] writers = new SplittableRandom[labels.length];
        Arrays.setAll(writers, i -> random.split());
        byte[] pixels = new byte[labels.length * SIDE * SIDE];
        IntStream.range(0, labels.length).parallel().forEach(i -> draw(labels[i], writers[i], pixels, i * SIDE * SIDE));
        return pixels;
    }

    private static void draw(int digit, SplittableRandom random, byte[] pixels, int from) {
        String way = WAYS[digit][random.nextInt(WAYS[digit].length)];
        double carelessness = Math.min(2.4, Math.exp(CARELESSNESS * random.nextGaussian()));
        List<List<Point>> strokes = new ArrayList<>();
        for (String stroke : way.split(" / ")) {
            strokes.add(stroke(stroke.split(" "), TREMOR * carelessness, random));
        }
        bend(strokes, BEND * carelessness, random);
        shape(strokes, random);
        double pen = Math.min(4, Math.max(1.4, 2.5 + 0.55 * random.nextGaussian()));
        place(strokes, pen, random);
        double pressure = 0.12 * random.nextGaussian();
        double phase = random.nextDouble(2 * Math.PI);
        for (List<Point> stroke : strokes) {
            for (int k = 1; k < stroke.size(); k++) {
                double radius = pen / 2 * (1 + pressure * Math.sin(phase + 0.15 * k));
                line(stroke.get(k - 1), stroke.get(k), radius, pixels, from);
            }
        }
    }

    private record Point(double x, double y) {
    }

    /** One stroke: Catmull-Rom curves from corner to corner through the points, each moved a little. */
    private static List<Point> stroke(String[] points, double tremor, SplittableRandom random) {
        List<Point> stroke = new ArrayList<>();
        List<Point> smooth = new ArrayList<>();
        for (int i = 0; i < points.length; i++) {
            String[] xy = points[i].replace("!", "").split(",");
            smooth.add(new Point(Integer.parseInt(xy[0]) + tremor * random.nextGaussian(),
                    Integer.parseInt(xy[1]) + tremor * random.nextGaussian()));
            if (points[i].endsWith("!") || i == points.length - 1) {
                curve(smooth, stroke);
                smooth.subList(0, smooth.size() - 1).clear();
            }
        }
        return stroke;
    }

    private static void curve(List<Point> points, List<Point> stroke) {
        for (int i = 0; i + 1 < points.size(); i++) {
            Point a = points.get(Math.max(0, i - 1));
            Point b = points.get(i);
            Point c = points.get(i + 1);
            Point d = points.get(Math.min(points.size() - 1, i + 2));
            for (int step = 0; step <= STEPS; step++) {
                double t = (double) step / STEPS;
                stroke.add(new Point(catmullRom(a.x, b.x, c.x, d.x, t), catmullRom(a.y, b.y, c.y, d.y, t)));
            }
        }
    }

    private static double catmullRom(double a, double b, double c, double d, double t) {
        return b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)));
    }

    /** Elastic distortion: moves every point by a smooth random field, two waves in each direction. */
    private static void bend(List<List<Point>> strokes, double strength, SplittableRandom random) {
        double[] phase = random.doubles(4, 0, 2 * Math.PI).toArray();
        double[] height = new double[4];
        Arrays.setAll(height, i -> strength * random.nextGaussian());
        move(strokes, p -> new Point(
                p.x + height[0] * Math.sin(p.y / 24 + phase[0]) + height[1] * Math.sin(p.x / 20 + phase[1]),
                p.y + height[2] * Math.sin(p.x / 24 + phase[2]) + height[3] * Math.sin(p.y / 20 + phase[3])));
    }

    /** Proportions, slant and a small turn. */
    private static void shape(List<List<Point>> strokes, SplittableRandom random) {
        double width = Math.max(0.45, 0.8 + 0.13 * random.nextGaussian());
        double slant = 0.15 + 0.17 * random.nextGaussian();
        double turn = 0.07 * random.nextGaussian();
        move(strokes, p -> {
            double x = width * p.x - slant * p.y;
            return new Point(x * Math.cos(turn) - p.y * Math.sin(turn), x * Math.sin(turn) + p.y * Math.cos(turn));
        });
    }

    /** Size and position: about as large as MNIST's, the middle of the ink about in the middle of the picture. */
    private static void place(List<List<Point>> strokes, double pen, SplittableRandom random) {
        double left = extreme(strokes, p -> -p.x);
        double right = extreme(strokes, p -> p.x);
        double top = extreme(strokes, p -> -p.y);
        double bottom = extreme(strokes, p -> p.y);
        double scale = (BOX - pen) / Math.max(right + left, bottom + top) * (0.96 + 0.04 * random.nextGaussian());
        double x = SIDE / 2.0 - scale * (right - left) / 2 + 0.7 * random.nextGaussian();
        double y = SIDE / 2.0 - scale * (bottom - top) / 2 + 0.7 * random.nextGaussian();
        move(strokes, p -> new Point(x + scale * p.x, y + scale * p.y));
    }

    private static double extreme(List<List<Point>> strokes, ToDoubleFunction<Point> value) {
        return strokes.stream().flatMap(List::stream).mapToDouble(value).max().orElseThrow();
    }

    private static void move(List<List<Point>> strokes, UnaryOperator<Point> where) {
        strokes.forEach(stroke -> stroke.replaceAll(where));
    }

    /** A straight line with round ends: a pixel is as dark as the line covers it, roughly, and never gets lighter. */
    private static void line(Point a, Point b, double radius, byte[] pixels, int from) {
        double dx = b.x - a.x;
        double dy = b.y - a.y;
        double squared = Math.max(1e-9, dx * dx + dy * dy);
        double reach = radius + 0.5;
        double bottom = Math.max(a.y, b.y) + reach;
        double right = Math.max(a.x, b.x) + reach;
        for (int row = first(Math.min(a.y, b.y) - reach); row < SIDE && row + 0.5 <= bottom; row++) {
            for (int column = first(Math.min(a.x, b.x) - reach); column < SIDE && column + 0.5 <= right; column++) {
                double px = column + 0.5 - a.x;
                double py = row + 0.5 - a.y;
                double along = Math.min(1, Math.max(0, (px * dx + py * dy) / squared));
                double ink = Math.min(1, reach - Math.sqrt(square(px - along * dx) + square(py - along * dy)));
                int p = from + row * SIDE + column;
                pixels[p] = (byte) Math.max(pixels[p] & 0xff, (int) Math.round(255 * ink));
            }
        }
    }

    private static double square(double value) {
        return value * value;
    }

    private static int first(double edge) {
        return Math.max(0, (int) Math.ceil(edge - 0.5));
    }
}
