package siamese.data;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Characters that nobody has ever written, for a machine that cannot get Omniglot: as many alphabets and runs, in each
 * alphabet 32 characters by 20 drawers. A character is one to three strokes through places of a grid, and is drawn as
 * {@link StandInDigits} are. The same call gives the same characters.
 */
final class StandInCharacters {

    static final String SOURCE = "stand-in characters";

    private static final int CHARACTERS = 32;
    private static final int DRAWERS = 20;
    /** How many runs there are, and how many questions each has. */
    private static final int ASKED = 20;

    private StandInCharacters() {
    }

    /** {@return both parts, and runs that are made of the second: two of each of its first ten alphabets} */
    static Omniglot draw(int size) {
        Omniglot.Characters evaluation = characters("evaluation", 20, size, 2);
        LabeledImages drawn = evaluation.images();
        return new Omniglot(characters("background", 30, size, 1), evaluation, IntStream.range(0, ASKED)
                .mapToObj(run -> new Omniglot.Run(byOne(drawn, run, 0), byOne(drawn, run, 1))).toList());
    }

    /** What one drawer made of the first characters of a run's alphabet. */
    private static LabeledImages byOne(LabeledImages images, int run, int who) {
        int[] labels = IntStream.range(0, ASKED).toArray();
        return images.subset(IntStream.of(labels).map(c -> (run / 2 * CHARACTERS + c) * DRAWERS + run % 2 * 2 + who)
                .toArray()).relabelled(SOURCE + ", run " + (run + 1), ASKED, labels);
    }

    private static Omniglot.Characters characters(String part, int alphabets, int size, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        List<String> ways = new ArrayList<>();
        for (int a = 0; a < alphabets; a++) {
            int strokes = 1 + random.nextInt(3);
            double corners = random.nextDouble();
            Stream.generate(() -> way(strokes, corners, random)).distinct().limit(CHARACTERS).forEach(ways::add);
        }
        SplittableRandom[] hands = random.splits((long) ways.size() * DRAWERS).toArray(SplittableRandom[]::new);
        Pixels pixels = Pixels.allocate(hands.length, size, size, Channels.GREY, size == Omniglot.ORIGINAL);
        IntStream.range(0, hands.length).parallel().forEach(i -> pixels.set(i,
                StandInDigits.draw(new String[] {ways.get(i / DRAWERS)}, size, hands[i])));
        return new Omniglot.Characters(new LabeledImages(SOURCE + ", " + part, LabeledImages.names(ways.size()), pixels,
                IntStream.range(0, hands.length).map(i -> i / DRAWERS).toArray()), IntStream.range(0, ways.size())
                .mapToObj(c -> part + " alphabet " + (1 + c / CHARACTERS)).toList(),
                IntStream.range(0, hands.length).map(i -> 1 + i % DRAWERS).toArray());
    }

    /** A way of writing, as those of the digits are given, through a grid of 4 × 4 places; a share of it is corners. */
    private static String way(int strokes, double corners, SplittableRandom random) {
        return IntStream.range(0, strokes).mapToObj(s -> IntStream.of(random.ints(0, 16).distinct()
                .limit(5 - strokes + random.nextInt(2)).toArray()).mapToObj(k -> 27 * (k % 4) + "," + 27 * (k / 4)
                        + (random.nextDouble() < corners ? "!" : "")).collect(Collectors.joining(" ")))
                .collect(Collectors.joining(" / "));
    }
}
