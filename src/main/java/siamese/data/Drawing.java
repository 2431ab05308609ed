package siamese.data;

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

    /** Height and width of the files. */
    static final int ORIGINAL = 105;

    private Drawing() {
    }

    /** {@return the drawings at a size, at the original one with a bit a pixel; read by all processors} */
    static Pixels read(List<byte[]> files, int size) throws IOException {
        Pixels pixels = Pixels.allocate(files.size(), size, size, Channels.GREY, size == ORIGINAL);
        try {
            IntStream.range(0, files.size()).parallel()
                    .forEach(i -> pixels.set(i, decode(files.get(i)).fitted(size, size).ink(Channels.GREY)));
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        return pixels;
    }

    private static Rgb decode(byte[] file) {
        ImageReader reader = ImageIO.getImageReadersByFormatName("png").next();
        try (MemoryCacheImageInputStream in = new MemoryCacheImageInputStream(new ByteArrayInputStream(file))) {
            reader.setInput(in, true, true);
            if (reader.getWidth(0) != ORIGINAL || reader.getHeight(0) != ORIGINAL) {
                throw new IOException("it has " + reader.getHeight(0) + " x " + reader.getWidth(0)
                        + " pixels instead of 105 x 105");
            }
            return Rgb.of(reader.read(0));
        } catch (IOException | RuntimeException e) { // Java's PNG reader throws all kinds of them
            throw new UncheckedIOException(new IOException("A picture of Omniglot cannot be read ("
                    + (e instanceof IOException && e.getMessage() != null ? e.getMessage() : "it is no PNG picture")
                    + "); use the original archives.", e));
        } finally {
            reader.dispose();
        }
    }
}
