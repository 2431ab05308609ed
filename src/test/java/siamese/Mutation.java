package siamese;

import java.util.Arrays;
import java.util.SplittableRandom;

/** Breaks files: the same file for the same seed. */
public final class Mutation {

    private static final int[] ABSURD = {0, 1, -1, 255, 256, 65_535, 65_536, 46_341, Integer.MAX_VALUE, Integer.MIN_VALUE};

    private Mutation() {
    }

    /** {@return a copy of a file with one to three things done to it: bytes changed, cut, doubled, put in, or absurd numbers} */
    public static byte[] of(byte[] file, SplittableRandom random) {
        byte[] broken = file.clone();
        for (int k = random.nextInt(3); k >= 0; k--) {
            broken = once(broken, random);
        }
        return broken;
    }

    private static byte[] once(byte[] file, SplittableRandom random) {
        if (file.length == 0) {
            return new byte[random.nextInt(20)];
        }
        // half of the time near the front, where headers are
        int at = random.nextBoolean() ? random.nextInt(file.length) : random.nextInt(Math.min(file.length, 20));
        int length = 1 + random.nextInt(Math.min(64, file.length - at));
        switch (random.nextInt(8)) {
            case 0:
                file[at] ^= (byte) (1 << random.nextInt(8));
                return file;
            case 1:
                file[at] = (byte) random.nextInt(256);
                return file;
            case 2: {
                int number = ABSURD[random.nextInt(ABSURD.length)];
                for (int k = 0; k < 4 && at / 4 * 4 + k < file.length; k++) {
                    file[at / 4 * 4 + k] = (byte) (number >> 8 * (3 - k));
                }
                return file;
            }
            case 3:
                return Arrays.copyOf(file, at);
            case 4:
                return Arrays.copyOf(file, file.length + length);
            case 5:
                return joined(Arrays.copyOf(file, at), Arrays.copyOfRange(file, at + length, file.length));
            case 6:
                return joined(Arrays.copyOf(file, at + length), Arrays.copyOfRange(file, at, file.length));
            default: {
                byte[] noise = new byte[length];
                random.nextBytes(noise);
                return joined(joined(Arrays.copyOf(file, at), noise), Arrays.copyOfRange(file, at, file.length));
            }
        }
    }

    private static byte[] joined(byte[] a, byte[] b) {
        byte[] both = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, both, a.length, b.length);
        return both;
    }
}
