import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.AffineTransform;
import java.awt.image.BufferedImage;
import java.awt.image.DataBufferByte;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Random;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import siamese.data.LabeledImages;
import siamese.data.Mnist;
import siamese.data.Pictures;
import siamese.model.Recipe;
import siamese.model.SiameseNetwork;

/**
 * What the tests of the page Try it compare with: 200 pictures of digits of many kinds as files 000.png, 001.jpg, …, and beside
 * each what Pictures makes of it, 784 bytes of ink or the sentence that refuses it; or a small network that is kept as one that the reader has trained.
 */
public final class TryItPeer {

    private static final int COUNT = 200;

    private TryItPeer() {
    }

    public static void main(String[] args) throws IOException {
        if (args[0].equals("train")) {
            LabeledImages few = Mnist.load().train().sampleOfEachClass(100, 1, "MNIST, 1,000 training digits");
            SiameseNetwork.overview(5).trained(few, Recipe.allPairs(1));
            return;
        }
        Path folder = Path.of(args[0]);
        LabeledImages digits = Mnist.load().test().sampleOfEachClass(COUNT / 10, 2, "test digits");
        int[] byClass = IntStream.range(0, COUNT).boxed().sorted(Comparator.comparing(digits::label)).mapToInt(k -> k).toArray();
        Random random = new Random(3);
        for (int i = 0; i < COUNT; i++) {
            int one = byClass[i / 2 % 10 * 20 + i / 20 * 2 + i % 2]; // every other picture has the class of the one before
            boolean jpeg = i % 8 == 1 || i % 8 == 4;
            Path file = folder.resolve(String.format("%03d.%s", i, jpeg ? "jpg" : "png"));
            ImageIO.write(i % 8 == 6 ? digits.image(one) : picture(digits.image(one), i % 8, i, random), jpeg ? "jpg" : "png",
                    file.toFile());
            Path answer = folder.resolve(String.format("%03d.ink", i));
            try {
                byte[] ink = ((DataBufferByte) Pictures.read(file).getRaster().getDataBuffer()).getData().clone();
                IntStream.range(0, ink.length).forEach(p -> ink[p] = (byte) (255 - (ink[p] & 0xff)));
                Files.write(answer, ink);
            } catch (IOException refused) {
                Files.writeString(answer, refused.getMessage().replace(file.toString(), file.getFileName().toString()));
            }
        }
    }

    private static BufferedImage picture(BufferedImage digit, int kind, int i, Random random) {
        int width = kind == 7 ? 1200 + 300 * (i / 8 % 6) : 90 + random.nextInt(300);
        int height = kind == 7 ? 900 + 200 * (i / 8 % 6) : 90 + random.nextInt(300);
        BufferedImage picture = new BufferedImage(width, height, kind == 3 ? BufferedImage.TYPE_INT_ARGB
                : kind == 5 ? BufferedImage.TYPE_BYTE_INDEXED : kind == 0 ? BufferedImage.TYPE_BYTE_GRAY : BufferedImage.TYPE_INT_RGB);
        Color paper = kind == 2 ? new Color(20, 45, 30) : kind == 1 ? new Color(245, 238, 220) : Color.WHITE;
        Color ink = kind == 2 ? new Color(240, 240, 225) : kind == 1 ? new Color(25, 40, 140) : new Color(15, 15, 15);
        BufferedImage drawing = new BufferedImage(28, 28, BufferedImage.TYPE_INT_ARGB);
        for (int p = 0; p < 28 * 28; p++) {
            int opaque = 255 - digit.getRaster().getSample(p % 28, p / 28, 0);
            drawing.setRGB(p % 28, p / 28, opaque << 24 | ink.getRGB() & 0xffffff);
        }
        Graphics2D graphics = picture.createGraphics();
        if (kind != 3) {
            graphics.setColor(paper);
            graphics.fillRect(0, 0, width, height);
        }
        graphics.setRenderingHint(RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BICUBIC);
        double size = Math.min(width, height) * (0.6 + 0.3 * random.nextDouble());
        AffineTransform place = AffineTransform.getTranslateInstance((width - size) * random.nextDouble(),
                (height - size) * random.nextDouble());
        place.scale(size / 28, size / 28);
        if (kind == 4) {
            place.rotate(0.3 * random.nextDouble() - 0.15, 14, 14);
        }
        graphics.drawImage(drawing, place, null);
        graphics.dispose();
        if (kind == 1 || kind == 4) {
            light(picture, random);
        }
        return picture;
    }

    /** A lamp on one side, a shadow's edge, and noise. */
    private static void light(BufferedImage picture, Random random) {
        double slope = random.nextDouble() - 0.5;
        double edge = picture.getWidth() * (0.2 + 0.6 * random.nextDouble());
        for (int y = 0; y < picture.getHeight(); y++) {
            for (int x = 0; x < picture.getWidth(); x++) {
                double part = (1 - Math.abs(slope) + slope * (2.0 * x / picture.getWidth() - 1)) * (x < edge ? 0.75 : 1);
                int noise = (int) (6 * random.nextGaussian());
                int rgb = picture.getRGB(x, y);
                int shaded = 0;
                for (int shift = 0; shift < 24; shift += 8) {
                    shaded |= (int) Math.max(0, Math.min(255, part * (rgb >> shift & 0xff) + noise)) << shift;
                }
                picture.setRGB(x, y, shaded);
            }
        }
    }
}
