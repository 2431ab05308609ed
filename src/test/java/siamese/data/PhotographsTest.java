package siamese.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.AffineTransform;
import java.awt.image.BufferedImage;
import java.awt.image.DataBufferInt;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.IntBinaryOperator;
import java.util.function.IntPredicate;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.apache.commons.lang3.ArrayUtils;
import org.apache.commons.math3.stat.correlation.PearsonsCorrelation;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import siamese.Campaign;

/** MNIST's test digits as people photograph theirs: what {@link Pictures#read} makes of them. */
class PhotographsTest {

    private static final int WIDTH = 360;
    private static final int HEIGHT = 480;
    private static final int DIGITS = Campaign.size(50, 250);
    private static final int REFERENCES = 3000;

    /** A digit in some ink on some paper, nine times as large as MNIST's. */
    private static BufferedImage written(BufferedImage digit, Color paper, Color ink) {
        BufferedImage large = new BufferedImage(WIDTH, HEIGHT, BufferedImage.TYPE_BYTE_GRAY);
        Graphics2D g = large.createGraphics();
        g.setColor(Color.WHITE);
        g.fillRect(0, 0, WIDTH, HEIGHT);
        g.setRenderingHint(RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BICUBIC);
        g.drawImage(digit, 54, 96, 252, 252, null);
        g.dispose();
        int[] light = large.getRaster().getSamples(0, 0, WIDTH, HEIGHT, 0, (int[]) null);
        return changed(new BufferedImage(WIDTH, HEIGHT, BufferedImage.TYPE_INT_RGB), (p, shift) ->
                mixed(ink.getRGB() >> shift & 0xff, paper.getRGB() >> shift & 0xff, light[p] / 255.0));
    }

    private static int mixed(int a, int b, double share) {
        return (int) Math.round(a + (b - a) * share);
    }

    private interface Light {
        double at(int x, int y);
    }

    private static BufferedImage lit(BufferedImage picture, Light light) {
        int[] pixels = Rgb.of(picture).pixels();
        return changed(picture, (p, shift) -> (int) Math.round((pixels[p] >> shift & 0xff) * light.at(p % WIDTH,
                p / WIDTH)));
    }

    /** Each of the three values of a pixel changed, which is found by its place and its shift. */
    private static BufferedImage changed(BufferedImage picture, IntBinaryOperator value) {
        int[] pixels = ((DataBufferInt) picture.getRaster().getDataBuffer()).getData();
        for (int p = 0; p < WIDTH * HEIGHT; p++) {
            int all = 0;
            for (int shift = 0; shift < 24; shift += 8) {
                all |= Math.max(0, Math.min(255, value.applyAsInt(p, shift))) << shift;
            }
            pixels[p] = all;
        }
        return picture;
    }

    private interface Brush {
        void paint(Graphics2D g);
    }

    private static BufferedImage painted(BufferedImage picture, Brush brush) {
        Graphics2D g = picture.createGraphics();
        brush.paint(g);
        g.dispose();
        return picture;
    }

    private static BufferedImage on(BufferedImage sheet, Color table, double degrees, double scale) {
        BufferedImage picture = new BufferedImage(WIDTH, HEIGHT, BufferedImage.TYPE_INT_RGB);
        return painted(picture, g -> {
            g.setColor(table);
            g.fillRect(0, 0, WIDTH, HEIGHT);
            g.setRenderingHint(RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BILINEAR);
            AffineTransform place = AffineTransform.getRotateInstance(Math.toRadians(degrees), WIDTH / 2, HEIGHT / 2);
            place.translate(WIDTH * (1 - scale) / 2, HEIGHT * (1 - scale) / 2);
            place.scale(scale, scale);
            g.drawImage(sheet, place, null);
        });
    }

    /** Multiplied and thresholded: a thick pen or a thin one. */
    private static BufferedImage pen(BufferedImage digit, double factor, int offset) {
        BufferedImage result = new BufferedImage(28, 28, BufferedImage.TYPE_BYTE_GRAY);
        for (int p = 0; p < 784; p++) {
            int ink = 255 - digit.getRaster().getSample(p % 28, p / 28, 0);
            result.getRaster().setSample(p % 28, p / 28, 0, 255 - Math.max(0, Math.min(255,
                    (int) (factor * (ink - offset)))));
        }
        return result;
    }

    private static BufferedImage plain(BufferedImage digit) {
        return written(digit, new Color(225, 225, 225), new Color(40, 40, 45));
    }

    private static BufferedImage noisy(BufferedImage picture, double sigma) {
        Random random = new Random(1);
        int[] pixels = Rgb.of(picture).pixels();
        return changed(picture, (p, shift) -> (int) Math.round((pixels[p] >> shift & 0xff)
                + sigma * random.nextGaussian()));
    }

    private static BufferedImage ruled(BufferedImage picture, int shade, boolean squared) {
        return painted(picture, g -> {
            for (int y = 20; y < HEIGHT; y += 24) {
                for (int x = 0; x < WIDTH; x++) {
                    darken(picture, x, y, shade);
                }
            }
            for (int x = 20; squared && x < WIDTH; x += 24) {
                for (int y = 0; y < HEIGHT; y++) {
                    darken(picture, x, y, shade);
                }
            }
        });
    }

    private static void darken(BufferedImage picture, int x, int y, int shade) {
        if ((picture.getRGB(x, y) & 0xff) > shade) {
            picture.setRGB(x, y, Rgb.grey(shade));
        }
    }

    private static Map<String, UnaryOperator<BufferedImage>> kinds() {
        Map<String, UnaryOperator<BufferedImage>> kinds = new LinkedHashMap<>();
        kinds.put("light falls off by 20 %", d -> lit(plain(d), (x, y) -> 1 - 0.2 * x / WIDTH));
        kinds.put("light falls off by half", d -> lit(plain(d), (x, y) -> 1 - 0.5 * (x + y) / (WIDTH + HEIGHT)));
        kinds.put("a shadow of 20 %", d -> lit(plain(d), (x, y) -> x + y > 420 ? 0.8 : 1));
        kinds.put("a shadow of 40 %", d -> lit(plain(d), (x, y) -> 2 * x - y > 75 ? 0.6 : 1));
        kinds.put("noise, σ = 6", d -> noisy(plain(d), 6));
        kinds.put("noise, σ = 20", d -> noisy(plain(d), 20));
        kinds.put("rough paper", d -> lit(plain(d), (x, y) -> 1 - 0.04 * (Math.sin(x / 3.0) * Math.sin(y / 4.0) + 1)));
        kinds.put("lined paper", d -> ruled(plain(d), 170, false));
        kinds.put("squared paper", d -> ruled(plain(d), 170, true));
        kinds.put("squared, dark lines", d -> ruled(plain(d), 110, true));
        kinds.put("specks of dust", d -> painted(plain(d), g -> {
            g.setColor(new Color(30, 30, 30));
            g.fillRect(20, 30, 3, 3);
            g.fillOval(320, 440, 6, 6);
            g.fillOval(24, 450, 5, 5);
        }));
        kinds.put("a finger at the edge", d -> painted(plain(d), g -> {
            g.setColor(new Color(150, 100, 80));
            g.fillOval(150, 430, 70, 140);
        }));
        kinds.put("the table's edge", d -> painted(plain(d), g -> {
            g.setColor(new Color(60, 45, 30));
            g.fillRect(WIDTH - 8, 0, 8, HEIGHT);
        }));
        kinds.put("a dark table around", d -> on(plain(d), new Color(60, 45, 30), 0, 0.85));
        kinds.put("… and turned by 7°", d -> on(plain(d), new Color(60, 45, 30), 7, 0.8));
        kinds.put("a thin dark frame", d -> on(plain(d), Color.BLACK, 0, 0.98));
        kinds.put("light on dark", d -> written(d, Color.BLACK, Color.WHITE));
        kinds.put("light on dark, light frame", d -> on(written(d, new Color(30, 30, 30), Color.WHITE),
                new Color(220, 220, 220), 0, 0.85));
        kinds.put("chalk on a board", d -> noisy(lit(written(d, new Color(40, 70, 55), new Color(225, 225, 215)),
                (x, y) -> 1 - 0.3 * y / HEIGHT), 8));
        kinds.put("blue ink", d -> written(d, new Color(250, 250, 250), new Color(30, 40, 200)));
        kinds.put("yellow ink", d -> written(d, new Color(250, 250, 250), new Color(250, 230, 60)));
        kinds.put("red ink on green paper", d -> written(d, new Color(170, 210, 170), new Color(200, 40, 40)));
        kinds.put("pencil", d -> noisy(written(d, new Color(225, 225, 225), new Color(150, 150, 150)), 5));
        kinds.put("a thin pen", d -> plain(pen(d, 2, 80)));
        kinds.put("a thick pen", d -> plain(pen(d, 6, 0)));
        kinds.put("half the size", d -> on(plain(d), new Color(225, 225, 225), 0, 0.5));
        kinds.put("all at once", d -> painted(noisy(lit(ruled(plain(d), 170, false), (x, y) -> x + y > 420 ? 0.75
                : 1 - 0.2 * x / WIDTH), 6), g -> {
                    g.setColor(new Color(60, 45, 30));
                    g.fillRect(0, 0, 8, HEIGHT);
                }));
        return kinds;
    }

    private static double[] pixels(BufferedImage picture) {
        return picture.getRaster().getSamples(0, 0, 28, 28, 0, (double[]) null);
    }

    private static int label(double[] picture, double[][] references, int[] labels) {
        int nearest = -1;
        double least = Double.MAX_VALUE;
        for (int i = 0; i < references.length; i++) {
            double sum = 0;
            for (int p = 0; p < 784 && sum < least; p++) {
                double difference = picture[p] - references[i][p];
                sum += difference * difference;
            }
            if (sum < least) {
                least = sum;
                nearest = i;
            }
        }
        return labels[nearest];
    }

    /** {@return which of the first test digits have the label of the nearest reference, photographed in some way} */
    private static boolean[] right(Mnist mnist, double[][] references, UnaryOperator<BufferedImage> kind) {
        int[] labels = mnist.train().labels();
        Boolean[] right = IntStream.range(0, DIGITS).parallel().mapToObj(i -> {
            try {
                return label(pixels(kind.apply(mnist.test().image(i))), references, labels) == mnist.test().label(i);
            } catch (IllegalArgumentException refused) {
                return false;
            }
        }).toArray(Boolean[]::new);
        return ArrayUtils.toPrimitive(right);
    }

    private static long count(IntPredicate digits) {
        return IntStream.range(0, DIGITS).filter(digits).count();
    }

    /**
     * Whether more labels are lost than some points of a hundred, beyond two standard errors (McNemar's: the root of how
     * many digits are right in one way only).
     */
    private static boolean loses(String kind, boolean[] before, boolean[] after, double points) {
        long lost = count(i -> before[i] && !after[i]);
        long gained = count(i -> after[i] && !before[i]);
        Campaign.figure("%-27s %5.1f %% keep their label (%d lost, %d gained)", kind,
                100.0 * count(i -> after[i]) / DIGITS, lost, gained);
        return lost - gained > points / 100 * DIGITS + 2 * Math.sqrt(lost + gained);
    }

    /** The same digit in all kinds of photographs: the pictures are as good as equal, whatever is around it. */
    @Test
    void aDigitLooksTheSameHoweverItWasPhotographed() {
        BufferedImage digit = StandInDigits.draw(new int[] {0, 0, 0, 1}, 3).image(0);
        double[] expected = pixels(Pictures.photograph(Rgb.of(plain(digit))));
        List<String> differing = new ArrayList<>();
        kinds().forEach((name, kind) -> {
            double[] seen = pixels(Pictures.photograph(Rgb.of(kind.apply(digit))));
            double r = new PearsonsCorrelation().correlation(expected, seen);
            if (r < (name.endsWith("7°") || name.endsWith("pen") ? 0.7 : 0.97)) {
                differing.add(name + " " + r);
            }
        });
        assertEquals(List.of(), differing);
    }

    /** Most of a minute: each kind of photograph of each digit is made, prepared and compared with all references. */
    @Test
    @Tag("slow")
    void digitsKeepTheirLabelsHoweverTheyWerePhotographed() throws IOException {
        Mnist mnist = Mnist.load();
        double[][] references = IntStream.range(0, REFERENCES).mapToObj(i -> pixels(mnist.train().image(i)))
                .toArray(double[][]::new);
        boolean[] scanned = right(mnist, references, UnaryOperator.identity());
        boolean[] clean = right(mnist, references, d -> Pictures.photograph(Rgb.of(plain(d))));
        assertFalse(loses("plain", scanned, clean, 5), "a plain photograph, against the digit as MNIST has it");
        List<String> worse = new ArrayList<>();
        kinds().forEach((name, kind) -> {
            if (loses(name, clean, right(mnist, references, d -> Pictures.photograph(Rgb.of(kind.apply(d)))), 2)) {
                worse.add(name);
            }
        });
        assertEquals(List.of(), worse, "more than two points below plain ones");
    }
}
