package siamese.notebook;

import java.util.Objects;

/**
 * The check below an exercise: a chain of conditions that ends in a green box when all hold. The first that does not
 * ends the cell with its hint.
 *
 * <pre>Check.exercise("2.1").that(loss == 0.25, "At D = 0.5 …").that(…)</pre>
 *
 * @param exercise number of the exercise, such as "2.1"
 * @param passed how many conditions have held so far
 */
public record Check(String exercise, int passed) {

    /** Checks that there is a number. */
    public Check {
        Objects.requireNonNull(exercise, "exercise");
    }

    /**
     * {@return a check without conditions yet}
     *
     * @param exercise its number, such as "2.1"
     */
    public static Check exercise(String exercise) {
        return new Check(exercise, 0);
    }

    /**
     * {@return this check with one more condition that holds}
     *
     * @param condition what must be true when the exercise is solved
     * @param hint what helps where it is not; one sentence
     * @throws AssertionError with the hint, if the condition does not hold
     */
    public Check that(boolean condition, String hint) {
        if (!condition) {
            throw new AssertionError("Exercise " + exercise + ": " + hint);
        }
        return new Check(exercise, passed + 1);
    }

    @Override
    public String toString() {
        return "Exercise " + exercise + " is solved: " + passed + (passed == 1 ? " check" : " checks") + " passed.";
    }

    View view() {
        return new View("<div style=\"border-left:6px solid #1b7f4b;background:#e6f4ec;color:#12402a;"
                + "padding:0.6em 1em\">✓ " + Text.escape(toString()) + "</div>", toString());
    }
}
