package siamese.notebook;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.imageio.ImageIO;
import siamese.data.LabeledImages;
import siamese.data.Pairs;
import siamese.evaluation.VerificationReport;
import siamese.model.History;

/** Small made-up data for these tests, and what a reader of HTML would see in it. */
final class Samples {

    private Samples() {}

    /** Four 4 × 4 images: of class 0, 0, 1 and 1; the left half of each is ink, the right half paper. */
    static LabeledImages images() {
        byte[] pixels = new byte[4 * 16];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (byte) (i % 4 < 2 ? 255 : 0);
        }
        return new LabeledImages("squares & <stripes>", 4, 4, 2, pixels, new int[] {0, 0, 1, 1});
    }

    /** 400 pairs, similar and dissimilar in turn. */
    static Pairs pairs() {
        int[] first = new int[400];
        int[] second = new int[400];
        boolean[] similar = new boolean[400];
        for (int p = 0; p < 400; p++) {
            similar[p] = p % 2 == 0;
            second[p] = similar[p] ? 1 : 2;
        }
        return new Pairs(images(), first, second, similar);
    }

    /** Distances around 0.2 and 1 that overlap a little. */
    static double[] distances(Pairs pairs) {
        Random random = new Random(1);
        double[] distances = new double[pairs.size()];
        for (int p = 0; p < distances.length; p++) {
            distances[p] = Math.abs((pairs.similar()[p] ? 0.2 : 1) + 0.25 * random.nextGaussian());
        }
        return distances;
    }

    static VerificationReport report() {
        return VerificationReport.of(pairs(), distances(pairs()));
    }

    static History history(boolean interrupted, double... testLosses) {
        return history(interrupted, "", testLosses);
    }

    static History history(boolean interrupted, String warning, double... testLosses) {
        return new History("MNIST, quick run", java.util.stream.IntStream.rangeClosed(1, testLosses.length)
                .mapToObj(e -> epoch(e, testLosses[e - 1])).toList(), interrupted, warning);
    }

    static History.Epoch epoch(int number, double testLoss) {
        return new History.Epoch(number, 0.03125 / number, testLoss, 1043.4, 104.2);
    }

    /** Decodes the first picture in some HTML. */
    static BufferedImage picture(String html) throws IOException {
        return ImageIO.read(new ByteArrayInputStream(png(html)));
    }

    static byte[] png(String html) {
        return Base64.getDecoder().decode(attribute(html, "src").substring("data:image/png;base64,".length()));
    }

    static String attribute(String html, String name) {
        Matcher matcher = Pattern.compile(name + "=\"([^\"]*)\"").matcher(html);
        if (!matcher.find()) {
            throw new AssertionError("No attribute " + name + " in " + html);
        }
        return matcher.group(1);
    }

    static long differentColors(BufferedImage image) {
        return java.util.Arrays.stream(image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth()))
                .distinct().count();
    }

    static List<Integer> column(BufferedImage image, int x) {
        return java.util.stream.IntStream.range(0, image.getHeight()).mapToObj(y -> image.getRGB(x, y) & 0xffffff).toList();
    }
}
