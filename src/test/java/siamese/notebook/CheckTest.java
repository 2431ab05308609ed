package siamese.notebook;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class CheckTest {

    @Test
    void allConditionsThatHoldGiveAGreenBox() {
        View view = View.of(Check.exercise("2.1").that(true, "a").that(1 < 2, "b"));
        assertEquals("Exercise 2.1 is solved: 2 checks passed.", view.text());
        assertTrue(view.html().contains("✓ Exercise 2.1 is solved") && view.html().startsWith("<div"));
    }

    @Test
    void theFirstThatDoesNotHoldEndsWithItsHint() {
        AssertionError error = assertThrows(AssertionError.class,
                () -> Check.exercise("2.1").that(true, "a").that(false, "Look again.").that(false, "c"));
        assertEquals("Exercise 2.1: Look again.", error.getMessage());
    }
}
