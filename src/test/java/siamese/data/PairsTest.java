package siamese.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import siamese.Campaign;

class PairsTest {

    /** Images of one pixel with MNIST's class counts or others, the classes mixed. */
    static LabeledImages images(int... counts) {
        int[] labels = new int[Arrays.stream(counts).sum()];
        int[] left = counts.clone();
        SplittableRandom random = new SplittableRandom(7);
        for (int i = 0; i < labels.length; i++) {
            int c;
            do {
                c = random.nextInt(counts.length);
            } while (left[c] == 0);
            left[c]--;
            labels[i] = c;
        }
        return new LabeledImages("test", 1, 1, counts.length, new byte[labels.length], labels);
    }

    static final LabeledImages LIKE_MNIST_TRAINING =
            images(5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949);
    static final LabeledImages LIKE_MNIST_TEST = images(980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009);

    @Test
    void countsAreTheOverviews() {
        assertEquals(108_400, Pairs.create(LIKE_MNIST_TRAINING, 1).size());
        assertEquals(17_820, Pairs.create(LIKE_MNIST_TEST, 1).size());
        assertEquals(8_910, Pairs.create(LIKE_MNIST_TEST, 1).similarCount());
    }

    @Test
    void structureIsTheOverviews() {
        int[][] d = LIKE_MNIST_TEST.indicesByClass();
        Pairs pairs = Pairs.create(LIKE_MNIST_TEST, 3);
        int n = 891;
        boolean[] offsets = new boolean[10];
        for (int digit = 0; digit < 10; digit++) {
            for (int i = 0; i < n; i++) {
                int p = 2 * (digit * n + i);
                assertTrue(pairs.similar()[p]);
                assertEquals(d[digit][i], pairs.first()[p]);
                assertEquals(d[digit][i + 1], pairs.second()[p]);
                assertFalse(pairs.similar()[p + 1]);
                assertEquals(d[digit][i], pairs.first()[p + 1]);
                int other = LIKE_MNIST_TEST.label(pairs.second()[p + 1]);
                assertNotEquals(digit, other);
                assertEquals(d[other][i], pairs.second()[p + 1]);
                offsets[(other - digit + 10) % 10] = true;
            }
        }
        for (int offset = 1; offset < 10; offset++) {
            assertTrue(offsets[offset], "no pair joins digits that are " + offset + " apart");
        }
    }

    @Test
    void sameSeedSamePairsOtherSeedOtherPairs() {
        assertArrayEquals(Pairs.create(LIKE_MNIST_TEST, 5).second(), Pairs.create(LIKE_MNIST_TEST, 5).second());
        assertFalse(Arrays.equals(Pairs.create(LIKE_MNIST_TEST, 5).second(),
                Pairs.create(LIKE_MNIST_TEST, 6).second()));
    }

    @Test
    void tenFoldsKeepNearlyAllPairsAndShareNoImage() {
        Pairs pairs = Pairs.create(LIKE_MNIST_TEST, 1);
        int[] folds = pairs.folds(10, 3);
        double kept = Arrays.stream(folds).filter(f -> f >= 0).count() / 17_820.0;
        System.out.printf("Figure: ten folds keep %.1f %% of the overview's test pairs%n", 100 * kept);
        assertEquals(0.98, kept, 0.006);
        int[] foldOf = new int[LIKE_MNIST_TEST.size()];
        Arrays.fill(foldOf, -1);
        for (int p = 0; p < folds.length; p++) {
            if (folds[p] < 0) {
                assertTrue(pairs.similar()[p], "a dissimilar pair was left out");
            } else {
                for (int image : new int[] {pairs.first()[p], pairs.second()[p]}) {
                    assertTrue(foldOf[image] < 0 || foldOf[image] == folds[p], "an image is in two folds");
                    foldOf[image] = folds[p];
                }
            }
        }
        for (int fold = 0; fold < 10; fold++) {
            int f = fold;
            long size = Arrays.stream(folds).filter(x -> x == f).count();
            assertTrue(size >= 1400 && size <= 2000, "fold " + fold + " has " + size + " pairs");
        }
    }

    /** Blocks of 20 positions, the same in all classes, dealt by the seed and not by their place in the file. */
    @Test
    void foldsAreDealtByTheSeedInBlocksOfPositions() {
        Pairs pairs = Pairs.create(LIKE_MNIST_TEST, 1);
        int[] folds = pairs.folds(10, 3);
        int[] blockOf = new int[LIKE_MNIST_TEST.size()];
        for (int[] members : LIKE_MNIST_TEST.indicesByClass()) {
            IntStream.range(0, members.length).forEach(number -> blockOf[members[number]] = number / 20 % 44);
        }
        int[] foldOfBlock = new int[44];
        Arrays.fill(foldOfBlock, -1);
        for (int p = 0; p < folds.length; p++) {
            int block = blockOf[pairs.first()[p]];
            if (block == blockOf[pairs.second()[p]]) {
                assertTrue(folds[p] >= 0, "a pair within a block was left out");
                assertTrue(foldOfBlock[block] < 0 || foldOfBlock[block] == folds[p], "a block is in two folds");
                foldOfBlock[block] = folds[p];
            }
        }
        int[] sizes = new int[10];
        Arrays.stream(foldOfBlock).forEach(fold -> sizes[fold]++);
        assertTrue(Arrays.stream(sizes).allMatch(n -> n == 4 || n == 5), Arrays.toString(sizes));
        double early = IntStream.range(0, 44).filter(b -> foldOfBlock[b] == 0).average().orElseThrow();
        assertTrue(early > 8 && early < 36, "fold 0 is the beginning or the end of the file");
        assertArrayEquals(folds, pairs.folds(10, 3));
        assertFalse(Arrays.equals(folds, pairs.folds(10, 4)));
    }

    @Test
    void distinctImagesAreThoseThatAppear() {
        LabeledImages images = images(5, 9, 4);
        Pairs pairs = Pairs.create(images, 1);
        boolean[] appears = new boolean[images.size()];
        for (int p = 0; p < pairs.size(); p++) {
            appears[pairs.first()[p]] = true;
            appears[pairs.second()[p]] = true;
        }
        int[] distinct = pairs.distinctImages();
        int k = 0;
        for (int i = 0; i < appears.length; i++) {
            if (appears[i]) {
                assertEquals(i, distinct[k++]);
            }
        }
        assertEquals(k, distinct.length);
    }

    /** Labelled numbers, which are no pictures. */
    private record Numbers(int[] labels) implements Examples {

        @Override
        public int size() {
            return labels.length;
        }

        @Override
        public int classes() {
            return 2;
        }

        @Override
        public int label(int i) {
            return labels[i];
        }

        @Override
        public String source() {
            return "numbers";
        }

        @Override
        public String fingerprint() {
            return "0123456789abcdef";
        }

        @Override
        public int[] shape() {
            return new int[] {1};
        }

        @Override
        public INDArray batch(int... indices) {
            return Nd4j.createFromArray(IntStream.of(indices).mapToObj(i -> new float[] {i}).toArray(float[][]::new));
        }
    }

    @Test
    void examplesNeedNotBePictures() {
        Pairs pairs = Pairs.create(new Numbers(new int[] {1, 0, 0, 1, 1}), 1);
        assertEquals("numbers: 4 pairs, 2 similar and 2 dissimilar", pairs.toString());
        assertArrayEquals(new int[] {2, 3}, pairs.examples().classCounts());
        assertArrayEquals(new int[][] {{1, 2}, {0, 3, 4}}, pairs.examples().indicesByClass());
        assertTrue(assertThrows(IllegalStateException.class, pairs::images).getMessage()
                .contains("numbers join no pictures"));
        assertEquals(3, pairs.examples().batch(Variation.NONE, new SplittableRandom(1), 3).getDouble(0, 0));
        assertTrue(assertThrows(IllegalArgumentException.class, () -> pairs.examples()
                .batch(Variation.NONE.withShift(1), new SplittableRandom(1), 3)).getMessage()
                .contains("must be Variation.NONE for numbers"));
    }

    @Test
    void badInputIsNamed() {
        LabeledImages images = images(3, 3);
        assertTrue(assertThrows(IllegalArgumentException.class, () -> Pairs.create(images(5, 1, 5), 1)).getMessage()
                .contains("of class 1"));
        assertThrows(IllegalArgumentException.class, () -> new Pairs(images, new int[1], new int[2], new boolean[1]));
        assertTrue(assertThrows(IllegalArgumentException.class,
                () -> new Pairs(images, new int[] {0}, new int[] {6}, new boolean[1])).getMessage()
                .contains("made from other ones"));
        Pairs pairs = Pairs.create(images(100, 120), 1);
        assertEquals(5, Arrays.stream(pairs.folds(5, 1)).max().orElseThrow() + 1);
        assertTrue(assertThrows(IllegalArgumentException.class, () -> pairs.folds(6, 1)).getMessage()
                .startsWith("k must be at least 2 and at most 5"));
        assertThrows(IllegalArgumentException.class, () -> pairs.folds(1, 1));
    }

    @Test
    void fewPairsOfManyPicturesSayWhy() {
        int[] labels = new int[302];
        labels[300] = 1;
        labels[301] = 1;
        Campaign.Printed<Pairs> said = Campaign.printed(() ->
                Pairs.create(new LabeledImages("x", 1, 1, 2, new byte[302], labels), 1));
        assertEquals(4, said.result().size());
        String text = said.text();
        assertTrue(text.startsWith("Note: only 4 pairs are made, as the smallest class has but 2 examples")
                && text.contains("298 of 302"), text);
    }
}
