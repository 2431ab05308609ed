package siamese.data;

/** What a pixel of {@link LabeledImages} says: how dark it is, or how much of each primary colour it lacks. */
public enum Channels {
    /** One number: 0 is white, 1 is black. Of a coloured picture it is 1 − (0.299 red + 0.587 green + 0.114 blue). */
    GREY,
    /** Three numbers, of red, green and blue in this order: 0 is full of it, as white is of all, 1 has none of it. */
    COLOUR;

    /** {@return the numbers of a pixel: 1 or 3} */
    public int count() {
        return this == GREY ? 1 : 3;
    }
}
