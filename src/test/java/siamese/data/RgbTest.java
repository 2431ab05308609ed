package siamese.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.Point;
import java.awt.Transparency;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.DirectColorModel;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.awt.image.WritableRaster;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** A picture in memory gives the pixels that a person sees, whatever its kind. */
class RgbTest {

    private static final Color ORANGE = new Color(240, 130, 20);

    /** Three pixels: white, orange, black. */
    private static BufferedImage painted(BufferedImage picture) {
        Graphics2D graphics = picture.createGraphics();
        graphics.setColor(Color.WHITE);
        graphics.fillRect(0, 0, 1, 1);
        graphics.setColor(ORANGE);
        graphics.fillRect(1, 0, 1, 1);
        graphics.setColor(Color.BLACK);
        graphics.fillRect(2, 0, 1, 1);
        graphics.dispose();
        return picture;
    }

    private static void shows(String kind, BufferedImage picture, int tolerance, Color... expected) {
        int[] pixels = Rgb.of(picture).pixels();
        assertEquals(expected.length, pixels.length);
        for (int p = 0; p < pixels.length; p++) {
            Color actual = new Color(pixels[p]);
            String where = kind + ", pixel " + p + ": " + actual;
            assertEquals(expected[p].getRed(), actual.getRed(), tolerance, where);
            assertEquals(expected[p].getGreen(), actual.getGreen(), tolerance, where);
            assertEquals(expected[p].getBlue(), actual.getBlue(), tolerance, where);
        }
    }

    private static Color grey(int shade) {
        return new Color(shade, shade, shade);
    }

    private static BufferedImage of(ColorSpace space, boolean alpha, boolean premultiplied, int type,
            Number... samples) {
        ComponentColorModel model = new ComponentColorModel(space, alpha, premultiplied,
                alpha ? Transparency.TRANSLUCENT : Transparency.OPAQUE, type);
        int bands = model.getNumComponents();
        WritableRaster raster = model.createCompatibleWritableRaster(samples.length / bands, 1);
        for (int k = 0; k < samples.length; k++) {
            raster.setSample(k / bands, 0, k % bands, samples[k].floatValue());
        }
        return new BufferedImage(model, raster, premultiplied, null);
    }

    @Test
    void everyBuiltInKindInColour() {
        for (int type : new int[] {BufferedImage.TYPE_INT_RGB, BufferedImage.TYPE_INT_BGR, BufferedImage.TYPE_INT_ARGB,
            BufferedImage.TYPE_INT_ARGB_PRE, BufferedImage.TYPE_3BYTE_BGR, BufferedImage.TYPE_4BYTE_ABGR,
            BufferedImage.TYPE_4BYTE_ABGR_PRE}) {
            shows("type " + type, painted(new BufferedImage(3, 1, type)), 0, Color.WHITE, ORANGE, Color.BLACK);
        }
        for (int type : new int[] {BufferedImage.TYPE_USHORT_565_RGB, BufferedImage.TYPE_USHORT_555_RGB}) { // five bits
            shows("type " + type, painted(new BufferedImage(3, 1, type)), 8, Color.WHITE, ORANGE, Color.BLACK);
        }
        // red in the lowest byte
        BufferedImage odd = new BufferedImage(new DirectColorModel(32, 0xff, 0xff00, 0xff0000),
                Raster.createPackedRaster(DataBuffer.TYPE_INT, 1, 1, new int[] {0xff, 0xff00, 0xff0000}, new Point()),
                false, null);
        odd.getRaster().setDataElements(0, 0, new int[] {240 | 130 << 8 | 20 << 16});
        shows("red in the lowest byte", odd, 0, ORANGE);
    }

    @Test
    void palettes() {
        byte[] reds = {(byte) 255, (byte) 240, 0, 9};
        byte[] greens = {(byte) 255, (byte) 130, 0, 9};
        byte[] blues = {(byte) 255, 20, 0, 9};
        BufferedImage indexed = new BufferedImage(4, 1, BufferedImage.TYPE_BYTE_INDEXED,
                new IndexColorModel(8, 4, reds, greens, blues, 3));
        IntStream.range(0, 4).forEach(x -> indexed.getRaster().setSample(x, 0, 0, x));
        shows("palette, its last colour transparent", indexed, 0, Color.WHITE, ORANGE, Color.BLACK, Color.WHITE);
        BufferedImage binary = new BufferedImage(2, 1, BufferedImage.TYPE_BYTE_BINARY);
        binary.getRaster().setSample(1, 0, 0, 1);
        shows("binary", binary, 0, Color.BLACK, Color.WHITE);
        BufferedImage inverted = new BufferedImage(2, 1, BufferedImage.TYPE_BYTE_BINARY,
                new IndexColorModel(1, 2, new byte[] {-1, 0}, new byte[] {-1, 0}, new byte[] {-1, 0}));
        inverted.getRaster().setSample(1, 0, 0, 1);
        shows("binary, 1 being black", inverted, 0, Color.WHITE, Color.BLACK);
    }

    @Test
    void transparentIsWhitePaper() {
        for (int type : new int[] {BufferedImage.TYPE_INT_ARGB, BufferedImage.TYPE_INT_ARGB_PRE,
                BufferedImage.TYPE_4BYTE_ABGR,
            BufferedImage.TYPE_4BYTE_ABGR_PRE}) {
            BufferedImage picture = new BufferedImage(3, 1, type);
            picture.setRGB(0, 0, 0x00000000);
            picture.setRGB(1, 0, 0xff000000);
            picture.setRGB(2, 0, 0x80f08214);
            shows("type " + type, picture, 1, Color.WHITE, Color.BLACK, new Color(247, 192, 137));
        }
        ColorSpace grey = ColorSpace.getInstance(ColorSpace.CS_GRAY);
        shows("grey with alpha", of(grey, true, false, DataBuffer.TYPE_BYTE, 0, 0, 0, 255, 100, 255, 100, 102), 0,
                Color.WHITE, Color.BLACK, grey(100), grey(193));
        shows("grey times alpha", of(grey, true, true, DataBuffer.TYPE_BYTE, 0, 0, 0, 255, 100, 255, 40, 102), 0,
                Color.WHITE, Color.BLACK, grey(100), grey(193));
        shows("grey with alpha, 16 bits",
                of(grey, true, false, DataBuffer.TYPE_USHORT, 0, 0, 25700, 65535, 25700, 26214), 0,
                Color.WHITE, grey(100), grey(193));
    }

    @Test
    void greysAreReadAsTheyAre() {
        BufferedImage bytes = new BufferedImage(256, 1, BufferedImage.TYPE_BYTE_GRAY);
        BufferedImage shorts = new BufferedImage(256, 1, BufferedImage.TYPE_USHORT_GRAY);
        Color[] all = new Color[256];
        for (int v = 0; v < 256; v++) {
            bytes.getRaster().setSample(v, 0, 0, v);
            shorts.getRaster().setSample(v, 0, 0, 257 * v);
            all[v] = grey(v);
        }
        shows("grey", bytes, 0, all);
        shows("a part of it", bytes.getSubimage(100, 0, 3, 1), 0, grey(100), grey(101), grey(102));
        shows("grey, 16 bits", shorts, 0, all);
        ColorSpace grey = ColorSpace.getInstance(ColorSpace.CS_GRAY);
        shows("grey, floating point", of(grey, false, false, DataBuffer.TYPE_FLOAT, 0f, 0.2f, 1f), 0, Color.BLACK,
                grey(51), Color.WHITE);
        byte[] ink = IntStream.range(0, 256)
                .collect(java.io.ByteArrayOutputStream::new, (out, v) -> out.write(v), (a, b) -> { }).toByteArray();
        LabeledImages images = new LabeledImages("ramp", 16, 16, 2, ink, new int[1]);
        assertArrayEquals(ink, LabeledImages.of(images.image(0)).bytes(0), "there and back");
    }

    @Test
    void sixteenBitsAndOtherColourSpaces() {
        ColorSpace srgb = ColorSpace.getInstance(ColorSpace.CS_sRGB);
        shows("16 bits", of(srgb, false, false, DataBuffer.TYPE_USHORT, 240 * 257, 130 * 257, 20 * 257), 0, ORANGE);
        shows("16 bits with alpha", of(srgb, true, false, DataBuffer.TYPE_USHORT, 240 * 257, 130 * 257, 20 * 257, 0, 0,
                0, 0, 65535), 0,
                Color.WHITE, Color.BLACK);
        ColorSpace linear = ColorSpace.getInstance(ColorSpace.CS_LINEAR_RGB);
        shows("linear light", of(linear, false, false, DataBuffer.TYPE_BYTE, 255, 55, 0), 2, new Color(255, 128, 0));
    }

    @Test
    void blueInkAndPaintOnColouredPaperAreSeen() {
        BufferedImage blue = new BufferedImage(2, 1, BufferedImage.TYPE_INT_RGB);
        blue.setRGB(0, 0, 0xffffff);
        blue.setRGB(1, 0, 0x0000ff);
        assertArrayEquals(new float[] {0, 1 - 29 / 255f}, LabeledImages.of(blue).pixels(0).reshape(2).toFloatVector(),
                1e-6f);
        blue.setRGB(0, 0, 0xffff00); // yellow
        assertArrayEquals(new float[] {1 - 226 / 255f, 1 - 29 / 255f},
                LabeledImages.of(blue).pixels(0).reshape(2).toFloatVector(), 1e-6f);
        LabeledImages coloured = LabeledImages.of(Channels.COLOUR, blue);
        assertArrayEquals(new int[] {3, 1, 2}, coloured.shape());
        assertArrayEquals(new float[] {0, 1, 0, 1, 1, 0}, coloured.pixels(0).reshape(6).toFloatVector(), 0f,
                "red, green, blue");
        assertEquals(0xffff00, coloured.image(0).getRGB(0, 0) & 0xffffff);
        assertEquals(0x0000ff, coloured.image(0).getRGB(1, 0) & 0xffffff);
        assertEquals("your own pictures: 1 coloured images of 1 x 2 pixels in 2 classes", coloured.toString());
    }

    /** By all of its ways to turn, the picture 12 / 34 / 56. */
    @Test
    void turning() {
        Rgb picture = new Rgb(3, 2, new int[] {1, 2, 3, 4, 5, 6});
        assertArrayEquals(new int[] {2, 1, 4, 3, 6, 5}, picture.turned(false, true, false).pixels());
        assertArrayEquals(new int[] {5, 6, 3, 4, 1, 2}, picture.turned(false, false, true).pixels());
        assertArrayEquals(new int[] {1, 3, 5, 2, 4, 6}, picture.turned(true, false, false).pixels());
        assertArrayEquals(new int[] {5, 3, 1, 6, 4, 2}, picture.turned(true, false, true).pixels());
        assertEquals(2, picture.turned(true, false, true).rows());
    }

    @Test
    void fittingTakesTheMiddleAndAveragesAreas() {
        Rgb wide = new Rgb(2, 8, IntStream.range(0, 16)
                .map(p -> Rgb.grey(p % 8 < 2 || p % 8 > 5 ? 255 : p < 8 ? 100 : 50)).toArray());
        assertArrayEquals(new int[] {Rgb.grey(75)},
                IntStream.of(wide.fitted(1, 1).pixels()).map(p -> p & 0xffffff).toArray());
        Rgb half = wide.fitted(1, 2);
        assertEquals(2, half.columns());
        assertEquals(75, half.brightness(0));
        Rgb high = new Rgb(3, 1, new int[] {0, Rgb.grey(10), 0xffffff});
        assertEquals(10, high.fitted(1, 1).brightness(0));
        int[] shades = IntStream.range(0, 24).map(p -> Rgb.grey(10 * (p % 6) + p / 6)).toArray();
        Rgb middle = new Rgb(4, 6, shades).fitted(2, 1); // the third and fourth column, two rows each
        assertArrayEquals(new int[] {26, 28}, new int[] {middle.brightness(0), middle.brightness(1)}, "means of .5 go up");
        Rgb across = new Rgb(6, 4, IntStream.range(0, 24).map(p -> Rgb.grey(10 * (p / 4) + p % 4)).toArray()).fitted(1, 2);
        assertArrayEquals(new int[] {26, 28}, new int[] {across.brightness(0), across.brightness(1)});
    }
}
