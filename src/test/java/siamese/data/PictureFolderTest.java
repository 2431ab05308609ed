package siamese.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;
import siamese.Campaign;

class PictureFolderTest {

    @TempDir
    private Path folder;

    /** Ten rows and twenty columns of one colour. */
    private static BufferedImage plain(Color color) {
        BufferedImage picture = new BufferedImage(20, 10, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = picture.createGraphics();
        graphics.setColor(color);
        graphics.fillRect(0, 0, 20, 10);
        graphics.dispose();
        return picture;
    }

    private Path put(String name, BufferedImage picture) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        ImageIO.write(picture, name.substring(name.lastIndexOf('.') + 1), file.toFile());
        return file;
    }

    @BeforeEach
    void twoClasses() throws IOException {
        put("s10/1.png", plain(Color.BLACK));
        put("s2/10.png", plain(Color.GREEN));
        put("s2/9.bmp", plain(Color.RED));
    }

    private String refusal() {
        return Campaign.refusal(() -> LabeledImages.ofFolder(folder, 5, 5, Channels.GREY), IOException.class);
    }

    @Test
    void classesAndPicturesComeByNameAndKeepTheirNames() throws IOException {
        Files.writeString(folder.resolve("README"), "about");
        Files.writeString(folder.resolve("s2/.DS_Store"), "hidden");
        Files.createDirectories(folder.resolve(".git"));
        LabeledImages images = LabeledImages.ofFolder(folder, 4, 6, Channels.COLOUR);
        assertEquals(folder.getFileName() + ": 3 coloured images of 4 x 6 pixels in 2 classes", images.toString());
        assertEquals(List.of("s2", "s10"), images.classNames());
        assertArrayEquals(new int[] {0, 0, 1}, images.labels());
        assertEquals(0xff0000, images.image(0).getRGB(3, 2) & 0xffffff);
        assertEquals(0x00ff00, images.image(1).getRGB(3, 2) & 0xffffff);
        assertEquals(images.fingerprint(), LabeledImages.ofFolder(folder, 4, 6, Channels.COLOUR).fingerprint());
        assertEquals(List.of("s2", "s10"), images.sampleOfEachClass(1, 0, "few").classNames());
    }

    @Test
    void withoutASizeAllMustHaveOne() throws IOException {
        LabeledImages images = LabeledImages.ofFolder(folder, Channels.GREY);
        assertArrayEquals(new int[] {1, 10, 20}, images.shape());
        put("s2/11.png", new BufferedImage(3, 3, BufferedImage.TYPE_INT_RGB));
        String message = Campaign.refusal(() -> LabeledImages.ofFolder(folder, Channels.GREY), IOException.class);
        assertTrue(message.contains("11.png is 3 x 3 pixels, but ")
                && message.contains("9.bmp is 10 x 20; give the size"), message);
        assertEquals(4, LabeledImages.ofFolder(folder, 2, 2, Channels.GREY).size());
    }

    @Test
    void whatIsNoPictureIsNamedAndLeftOutWhereAsked() throws IOException {
        Path notes = Files.writeString(folder.resolve("s2/notes.txt"), "about them");
        assertTrue(refusal().startsWith(notes + " is not a picture that Java can read; "), refusal());
        Path cut = folder.resolve("s2/3.png");
        Files.write(cut, Arrays.copyOf(Files.readAllBytes(folder.resolve("s2/10.png")), 60));
        List<String> told = new ArrayList<>();
        LabeledImages images = LabeledImages.ofFolder(folder, 5, 5, Channels.GREY, told::add);
        assertEquals(3, images.size());
        assertEquals(2, told.size());
        assertTrue(told.get(0).startsWith(cut + " is damaged"), told.get(0));
        assertTrue(told.get(1).startsWith(notes.toString()), told.get(1));
        told.forEach(message -> assertEquals("", Campaign.faults(message)));
        Files.delete(folder.resolve("s10/1.png"));
        Files.writeString(folder.resolve("s10/1.png"), "text");
        String message = Campaign.refusal(() -> LabeledImages.ofFolder(folder, 5, 5, Channels.GREY, told::add),
                IOException.class);
        assertTrue(message.startsWith(folder.resolve("s10") + " has no picture that can be read"), message);
        Files.createDirectories(folder.resolve("s2/more"));
        Files.delete(notes);
        Files.delete(cut);
        assertTrue(refusal().startsWith(folder.resolve("s2/more").toString()), refusal());
        Files.writeString(folder.resolve("s2/1.png"), "the first that is wrong is named, whoever reads faster");
        for (int again = 0; again < 50; again++) {
            assertTrue(refusal().startsWith(folder.resolve("s2/1.png").toString()), refusal());
        }
    }

    @Test
    void foldersThatGiveNoClassesAreRefused() throws IOException {
        Path empty = Files.createDirectories(folder.resolve("s3"));
        assertTrue(refusal().startsWith(empty + " has no picture; "), refusal());
        Files.delete(empty);
        Files.delete(folder.resolve("s10/1.png"));
        Files.delete(folder.resolve("s10"));
        assertTrue(refusal().startsWith(folder + " has one subfolder alone, s2; "), refusal());
        String message = Campaign.refusal(() -> LabeledImages.ofFolder(folder.resolve("s2"), 5, 5, Channels.GREY),
                IOException.class);
        assertTrue(message.contains("s2 has no subfolder; "), message);
        message = Campaign.refusal(() -> LabeledImages.ofFolder(folder.resolve("none"), 5, 5, Channels.GREY),
                IOException.class);
        assertTrue(message.contains("none is no folder that can be read; "), message);
    }

    @Test
    void sizesThatCannotBeAreRefused() {
        String message = Campaign.refusal(() -> LabeledImages.ofFolder(folder, 0, 5, Channels.GREY),
                IllegalArgumentException.class);
        assertTrue(message.contains("rows and columns must be at least 1, but are 0 and 5"), message);
        message = Campaign.refusal(() -> LabeledImages.ofFolder(folder, 40_000, 50_000, Channels.COLOUR),
                IllegalArgumentException.class);
        assertTrue(message.startsWith("3 pictures of 40000 x 50000 pixels in colour need 18.00 GB of memory, "),
                message);
    }

    /** What Java alone reads wrongly or not at all. */
    @Test
    void cmykWebpAndPgmAreRead() throws IOException {
        for (String name : List.of("cmyk.jpg", "picture.webp")) {
            Path file = folder.resolve(name);
            try (InputStream in = PictureFolderTest.class.getResourceAsStream(name)) {
                Files.copy(in, file);
            }
            Rgb picture = PictureFiles.read(file, "no");
            assertEquals(8, picture.rows());
            int tolerance = name.endsWith("webp") ? 0 : 12;
            near(new Color(200, 40, 40), picture.pixels()[3 * 12 + 1], tolerance);
            near(new Color(30, 60, 210), picture.pixels()[3 * 12 + 10], tolerance);
        }
        Path pgm = Files.write(folder.resolve("a.pgm"),
                "P5\n2 1\n255\n\u0007\u0064".getBytes(StandardCharsets.ISO_8859_1));
        assertArrayEquals(new int[] {0x070707, 0x646464}, PictureFiles.read(pgm, "no").pixels());
        Path ascii = Files.writeString(folder.resolve("b.pgm"), "P2\n# about\n2 1\n255\n7 100\n");
        assertArrayEquals(new int[] {0x070707, 0x646464}, PictureFiles.read(ascii, "no").pixels());
    }

    private static void near(Color expected, int pixel, int tolerance) {
        Color actual = new Color(pixel);
        assertEquals(expected.getRed(), actual.getRed(), tolerance);
        assertEquals(expected.getGreen(), actual.getGreen(), tolerance);
        assertEquals(expected.getBlue(), actual.getBlue(), tolerance);
    }

    /** EXIF says with 1 to 8 where the row and the column 0 of the file are to be seen. */
    @Test
    void picturesAreSetUprightAsTheCameraSays() throws IOException {
        BufferedImage picture = plain(Color.WHITE);
        for (int y = 0; y < 5; y++) {
            for (int x = 0; x < 8; x++) {
                picture.setRGB(x, y, 0); // the corner where row 0 and column 0 meet
            }
        }
        byte[] jpeg = Files.readAllBytes(put("turned.jpg", picture));
        String[] corners = {"top left", "top right", "bottom right", "bottom left", "left top", "right top",
                "right bottom", "left bottom"};
        for (int mark = 1; mark <= 8; mark++) {
            Rgb read = PictureFiles.read(Files.write(folder.resolve("turned.jpg"), marked(jpeg, mark)), "no");
            assertEquals(mark < 5 ? 10 : 20, read.rows(), "mark " + mark);
            int y = corners[mark - 1].contains("top") ? 2 : read.rows() - 3;
            int x = corners[mark - 1].contains("left") ? 2 : read.columns() - 3;
            assertTrue(read.brightness(y * read.columns() + x) < 60, "mark " + mark + ": " + corners[mark - 1]);
            assertTrue(read.brightness((read.rows() - 1 - y) * read.columns() + x) > 200, "mark " + mark);
        }
    }

    /** A JPEG file with an EXIF segment that has the orientation alone. */
    private static byte[] marked(byte[] jpeg, int mark) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(jpeg, 0, 2);
        out.write(HexFormat.of().parseHex("ffe10022" + "457869660000" + "4d4d002a00000008" + "0001"
                + "0112000300000001000" + mark + "0000" + "00000000"));
        out.write(jpeg, 2, jpeg.length - 2);
        return out.toByteArray();
    }

    @Test
    @EnabledIfEnvironmentVariable(named = "SIAMESE_DATA", matches = ".+",
            disabledReason = "SIAMESE_DATA names no folder with faces")
    void theRealFacesAreReadAsTheyAreGreyAndTinted() throws Exception {
        Path archive = Path.of(System.getenv("SIAMESE_DATA"), "faces", "att_faces.zip");
        Assumptions.assumeTrue(Files.exists(archive), "SIAMESE_DATA has no faces");
        Path faces = PictureSets.faces(archive, folder.resolve("unpacked"));
        LabeledImages images = LabeledImages.ofFolder(faces, Channels.GREY);
        assertEquals("faces: 400 images of 112 x 92 pixels in 40 classes", images.toString());
        assertEquals("s40", images.classNames().get(39));
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        for (int i = 0; i < 400; i++) {
            byte[] ink = images.bytes(i);
            for (int p = 0; p < ink.length; p++) {
                ink[p] = (byte) (255 - (ink[p] & 0xff));
            }
            digest.update(ink);
        }
        assertEquals("2e4844a9f4fa4397058f69d6208047170f2e9d399cda18b55c1e8d28f0a83431",
                HexFormat.of().formatHex(digest.digest()),
                "all pixels, from s1/1 to s40/10");
        LabeledImages small = LabeledImages.ofFolder(PictureSets.tinted(faces, folder.resolve("unpacked")), 56, 46,
                Channels.COLOUR);
        assertEquals("tinted: 400 coloured images of 56 x 46 pixels in 40 classes", small.toString());
        assertEquals(2 * 9 * 40, Pairs.create(small, 1).size());
        Color cheek = new Color(small.image(5).getRGB(23, 28));
        assertTrue(cheek.getRed() > cheek.getGreen() && cheek.getGreen() == cheek.getBlue(),
                "person 1 is tinted red: " + cheek);
    }
}
