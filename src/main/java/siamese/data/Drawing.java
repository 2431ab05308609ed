package siamese.data;

import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.MemoryCacheImageInputStream;

/** Reads Omniglot's drawings: PNG files of 105 × 105 pixels with one bit each, 0 being ink. */
final class Drawing {

    /** Height and width after scaling. */
    static final int SIZE = 28;

    private static final int ORIGINAL = 105;

    /** 105 pixels of 4 units are as long as 28 pixels of 15. */
    private static final int FROM_UNITS = 4;
    private static final int TO_UNITS = 15;

    private Drawing() {
    }

    /** {@return the drawings scaled to 28 × 28 pixels, one after the other, 255 being ink; read by all processors} */
    static byte[] read(List<byte[]> files) throws IOException {
        byte[] pixels = new byte[files.size() * SIZE * SIZE];
        try {
            IntStream.range(0, files.size()).parallel().forEach(i -> scale(decode(files.get(i)), pixels, i * SIZE * SIZE));
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        return pixels;
    }

    private static boolean[][] decode(byte[] file) {
        ImageReader reader = ImageIO.getImageReadersByFormatName("png").next();
        try (MemoryCacheImageInputStream in = new MemoryCacheImageInputStream(new ByteArrayInputStream(file))) {
            reader.setInput(in, true, true);
            if (reader.getWidth(0) != ORIGINAL || reader.getHeight(0) != ORIGINAL) {
                throw new IOException("it has " + reader.getHeight(0) + " x " + reader.getWidth(0) + " pixels instead of 105 x 105");
            }
            Raster raster = reader.read(0).getRaster();
            int[] samples = raster.getSamples(0, 0, ORIGINAL, ORIGINAL, 0, (int[]) null);
            boolean[][] ink = new boolean[ORIGINAL][ORIGINAL];
            for (int p = 0; p < samples.length; p++) {
                ink[p / ORIGINAL][p % ORIGINAL] = samples[p] == 0;
            }
            return ink;
        } catch (IOException | RuntimeException e) { // Java's PNG reader throws all kinds of them
            throw new UncheckedIOException(new IOException("A picture of Omniglot cannot be read ("
                    + (e instanceof IOException && e.getMessage() != null ? e.getMessage() : "it is no PNG picture") + "); delete its archives, and they will be fetched again.", e));
        } finally {
            reader.dispose();
        }
    }

    /** Each new pixel has the share of its area that is ink. */
    private static void scale(boolean[][] ink, byte[] pixels, int at) {
        int[] areas = new int[SIZE * SIZE];
        for (int y = 0; y < ORIGINAL; y++) {
            for (int x = 0; x < ORIGINAL; x++) {
                if (ink[y][x]) {
                    for (int row = y * FROM_UNITS / TO_UNITS; row <= ((y + 1) * FROM_UNITS - 1) / TO_UNITS; row++) {
                        for (int column = x * FROM_UNITS / TO_UNITS; column <= ((x + 1) * FROM_UNITS - 1) / TO_UNITS; column++) {
                            areas[row * SIZE + column] += overlap(y, row) * overlap(x, column);
                        }
                    }
                }
            }
        }
        for (int p = 0; p < areas.length; p++) {
            pixels[at + p] = (byte) Math.round(255f * areas[p] / (TO_UNITS * TO_UNITS));
        }
    }

    private static int overlap(int from, int to) {
        return Math.min((from + 1) * FROM_UNITS, (to + 1) * TO_UNITS) - Math.max(from * FROM_UNITS, to * TO_UNITS);
    }
}
