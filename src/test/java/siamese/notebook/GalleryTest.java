package siamese.notebook;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import siamese.data.Channels;
import siamese.data.LabeledImages;
import siamese.data.Pairs;

class GalleryTest {

    private static final Pairs PAIRS = Samples.pairs();

    @Test
    void captionsSayKindAndLabels() {
        assertEquals(List.of("similar: 0, 0", "dissimilar: 0, 1"), Gallery.of(PAIRS, 0, 1).captions());
        assertEquals(List.of("label 1", "label 0"), Gallery.of(Samples.images(), 2, 0).captions());
    }

    @Test
    void distancesBelongToTheirPairs() {
        double[] distances = new double[400];
        distances[5] = 0.834;
        assertEquals(List.of("dissimilar: 0, 1 (D = 0.83)", "similar: 0, 0 (D = 0.00)"),
                Gallery.of(PAIRS, 5, 4).withDistances(distances).captions());
        assertThrows(IllegalArgumentException.class, () -> Gallery.of(PAIRS, 5, 4).withDistances(new double[2]));
        assertThrows(IllegalArgumentException.class, () -> Gallery.of(PAIRS, 5, 4).withCaptions("one"));
    }

    @Test
    void aCaptionTakesThePlaceOfAMereNumber() {
        BufferedImage picture = new BufferedImage(4, 4, BufferedImage.TYPE_INT_RGB);
        assertEquals(List.of("before", "picture 2"), Gallery.of(picture, picture).withCaptions("before", "").captions());
        assertEquals(List.of("label 1 (query)"), Gallery.of(Samples.images(), 2).withCaptions("query").captions());
    }

    @Test
    void samplesAreSpreadAndTakeBothKinds() {
        List<String> captions = Gallery.samplePairs(PAIRS, 4).captions();
        assertEquals(List.of("similar: 0, 0", "dissimilar: 0, 1", "similar: 0, 0", "dissimilar: 0, 1"), captions);
        assertEquals(400, Gallery.samplePairs(PAIRS, 400).captions().size());
    }

    @Test
    void pixelsAreEnlargedWithoutSmoothing() throws IOException {
        BufferedImage picture = Samples.picture(Gallery.of(Samples.images(), 0).view().html());
        int row = picture.getHeight() / 2;
        int left = 0;
        while ((picture.getRGB(left, row) & 0xffffff) != 0) {
            left++;
        }
        int right = left;
        while ((picture.getRGB(right, row) & 0xffffff) == 0) {
            right++;
        }
        assertEquals(2 * 28, right - left, "the two columns of ink, each 28 painted pixels wide");
        assertEquals(0xffffff, picture.getRGB(right, row) & 0xffffff, "paper directly beside the ink");
    }

    @Test
    void coloursAreShownAndClassesHaveTheirNames() {
        BufferedImage blue = new BufferedImage(4, 4, BufferedImage.TYPE_INT_RGB);
        for (int p = 0; p < 16; p++) {
            blue.setRGB(p % 4, p / 4, 0x2050f0);
        }
        LabeledImages images = LabeledImages.of(Channels.COLOUR, blue).withClassNames("jeans", "coat");
        for (Gallery gallery : List.of(Gallery.of(images, 0), Gallery.of(blue))) {
            assertTrue(Samples.column(gallery.image(), 70).contains(0x2050f0), "the picture is blue");
        }
        assertEquals(List.of("label jeans"), Gallery.of(images, 0).captions());
    }

    @Test
    void framesTellTheKindsApartByColorAndByDashes() throws IOException {
        BufferedImage similar = Samples.picture(Gallery.of(PAIRS, 0).view().html());
        BufferedImage dissimilar = Samples.picture(Gallery.of(PAIRS, 1).view().html());
        assertTrue(count(similar, true) > 500, "blue frame");
        assertEquals(0, count(similar, false));
        assertTrue(count(dissimilar, false) > 300, "vermillion frame");
        assertEquals(0, count(dissimilar, true));
        assertTrue(count(dissimilar, false) < 0.8 * count(similar, true), "dashed");
    }

    private static int count(BufferedImage image, boolean blue) {
        int count = 0;
        for (int x = 0; x < image.getWidth(); x++) {
            for (int rgb : Samples.column(image, x)) {
                int excess = (rgb & 0xff) - (rgb >> 16);
                count += (blue ? excess : -excess) > 80 ? 1 : 0;
            }
        }
        return count;
    }

    @Test
    void htmlHasSizeAndAlternativeTextAndTextHasOneLineEach() throws IOException {
        View view = Gallery.of(PAIRS, 0, 1, 2, 3, 4, 5, 6).view();
        assertEquals(Samples.picture(view.html()).getWidth() / 2,
                Integer.parseInt(Samples.attribute(view.html(), "width")));
        assertTrue(Samples.attribute(view.html(), "alt").startsWith(
                "Pairs of images from squares &amp; &lt;stripes&gt;, 7 pictures: similar: 0, 0; dissimilar: 0, 1; "));
        assertEquals(8, view.text().lines().count());
        assertTrue(view.text().contains("squares & <stripes>"));
    }

    @Test
    void galleriesFitThePageHoweverManyPicturesTheyHave() throws IOException {
        for (int n : new int[] {1, 2, 7, 50}) {
            BufferedImage picture = Gallery.samplePairs(PAIRS, n).image();
            assertTrue(picture.getWidth() <= 2 * 744, n + " pairs are " + picture.getWidth() + " wide");
            assertEquals(List.of(0xffffff),
                    Samples.column(picture, picture.getWidth() - 1).stream().distinct().toList());
        }
    }

    @Test
    void bigImagesAreNotEnlarged() {
        LabeledImages big = new LabeledImages("big", 105, 105, 2, new byte[2 * 105 * 105], new int[] {0, 1});
        assertTrue(Gallery.of(big, 0, 1).image().getWidth() < 2 * 300);
    }

    @Test
    void indicesAreChecked() {
        String message = assertThrows(IllegalArgumentException.class, () -> Gallery.of(PAIRS, 1, 400)).getMessage();
        assertEquals("indices[1] is 400, but there are 400 pairs; use 0 to 399.", message);
        assertThrows(IllegalArgumentException.class, () -> Gallery.of(Samples.images(), -1));
        assertThrows(IllegalArgumentException.class, () -> Gallery.of(PAIRS));
        assertThrows(IllegalArgumentException.class, () -> Gallery.samplePairs(PAIRS, 401));
        assertThrows(IllegalArgumentException.class, () -> Gallery.samplePairs(PAIRS, 0));
    }
}
