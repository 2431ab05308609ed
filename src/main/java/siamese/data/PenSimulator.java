package siamese.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.apache.commons.lang3.Validate;
import org.apache.commons.math3.special.Erf;
import siamese.data.Strokes.Drawing;

/**
 * Simulated signers and forgers, where there are no real ones: a kinematic model of the pen, the sigma-lognormal one
 * (R. Plamondon and M. Djioua, "A multi-level representation paradigm for handwriting stroke generation", Human
 * Movement Science 25, 2006, doi:10.1016/j.humov.2006.07.004). A signature is the sum of overlapping
 * strokes. Stroke i, which begins at t₀, has the length D and turns from the direction θₛ to θₑ, moves the pen with
 * the speed
 *
 * <pre>v(t) = D / (σ√(2π)(t − t₀)) · exp(−(ln(t − t₀) − μ)² / 2σ²)    in the direction
 * φ(t) = θₛ + (θₑ − θₛ)·½(1 + erf((ln(t − t₀) − μ) / σ√2))</pre>
 *
 * <p>A signer's <em>shape</em> is D, θₛ, θₑ of each stroke and where the pen is up; the <em>rhythm</em> is t₀, μ and σ.
 * A forger has the signer's shape and a rhythm of his own. What people are like (8 to 14 strokes, their usual lengths,
 * directions and times) stands in the code; how they vary are the parameters below. Both are our choice, made before
 * any network was trained, and not fitted to real people.
 *
 * @param size standard deviation of ln D from one signature to the next, 0 to 1
 * @param angle standard deviation of θₛ and θₑ in radians, 0 to 1
 * @param tempo standard deviation of the logarithm of how long a signature takes, 0 to 1
 * @param rhythm standard deviation of the logarithm of each stroke's delay and of e<sup>μ</sup>, 0 to 1
 * @param clumsiness by what a forger's deviations of size and angle are larger than a signer's, 0 to 10
 * @param ownRhythm how much of a forger's rhythm is his own instead of the signer's, 0 to 1
 */
public record PenSimulator(double size, double angle, double tempo, double rhythm, double clumsiness,
        double ownRhythm) {

    private static final int FEWEST_STROKES = 8;
    private static final int MORE_STROKES = 7;
    private static final double UP = 0.15;
    /** A lognormal begins and ends, for all that can be seen, three σ from its middle. */
    private static final double REACH = 3;
    private static final double STRAIGHT = 1e-6;
    /** How often the pen's place is measured, in seconds: as often as in 1993. */
    private static final double INTERVAL = 1.0 / 200;

    /**
     * Checks the ranges.
     *
     * @throws IllegalArgumentException if a parameter is out of range
     */
    public PenSimulator {
        double largest = DoubleStream.of(size, angle, tempo, rhythm, clumsiness / 10, ownRhythm).max().orElseThrow();
        double smallest = DoubleStream.of(size, angle, tempo, rhythm, clumsiness, ownRhythm).min().orElseThrow();
        Validate.isTrue(smallest >= 0 && largest <= 1,
                "All parameters must be 0 to 1, clumsiness 0 to 10, but are %s, %s, %s, %s, %s and %s.", size, angle,
                tempo, rhythm, clumsiness, ownRhythm);
    }

    /** {@return the simulator of the course} */
    public static PenSimulator standard() {
        return new PenSimulator(0.1, 0.1, 0.1, 0.1, 1.2, 0.9);
    }

    /**
     * {@return a genuine signature}
     *
     * @param signer who signs: the same number is the same person
     * @param number which of the signer's signatures, any number
     */
    public Drawing genuine(long signer, int number) {
        List<Stroke> own = person(signer);
        return drawing("simulated, signer " + signer + ", genuine " + number,
                varied(own, own, 1, random(signer, signer, number)));
    }

    /**
     * {@return a forgery}
     *
     * @param signer whose signature it shall look like
     * @param forger who signs, another number
     * @param number which of this forger's forgeries, any number
     */
    public Drawing forged(long signer, long forger, int number) {
        List<Stroke> own = person(forger);
        return drawing("simulated, signer " + signer + ", forged " + number + " by " + forger,
                varied(person(signer), own, clumsiness, random(signer, forger, number)));
    }

    /**
     * {@return a population, dealt out evenly: genuine signatures of each signer one after the other, and then the
     * forgeries, each by another forger, of some of the signers}
     *
     * @param note follows "simulated signatures" in the name of the set
     * @param signers how many, at least 2
     * @param genuine how many signatures they give in all, at least one each
     * @param forgeries how many are made, at least 0
     * @param victims how many of the signers are forged, the first ones
     * @param seed of the people, none of whom is in the population of another seed
     * @throws IllegalArgumentException if a number is out of range
     */
    public Strokes population(String note, int signers, int genuine, int forgeries, int victims, int seed) {
        Validate.isTrue(signers >= 2 && genuine >= signers && forgeries >= 0 && victims >= 1 && victims <= signers,
                "signers must be at least 2, genuine at least as many, forgeries 0 or more, and victims 1 to signers, "
                + "but are %s, %s, %s and %s.", signers, genuine, forgeries, victims);
        long first = (long) seed << 32;
        long firstForger = first + (1L << 31);
        List<Drawing> drawings = IntStream.range(0, genuine + forgeries).parallel().mapToObj(i -> {
            long person = first + owner(i, signers, genuine, victims);
            return i < genuine ? genuine(person, i) : forged(person, firstForger + i, i);
        }).toList();
        boolean[] forged = new boolean[drawings.size()];
        Arrays.fill(forged, genuine, forged.length, true);
        return new Strokes("simulated signatures" + note, drawings, IntStream.range(0, forged.length)
                .map(i -> owner(i, signers, genuine, victims)).toArray(), forged);
    }

    private static int owner(int i, int signers, int genuine, int victims) {
        return i < genuine ? (int) ((long) i * signers / genuine) : (i - genuine) % victims;
    }

    /**
     * One stroke of the model.
     *
     * @param delay from the stroke before, in seconds
     * @param length D
     * @param from θₛ in radians
     * @param to θₑ in radians
     * @param mu of the lognormal speed, ln of seconds
     * @param sigma of the lognormal speed
     * @param up whether the pen is in the air
     */
    record Stroke(double delay, double length, double from, double to, double mu, double sigma, boolean up) {
    }

    /** {@return what a person usually does: up and down in turn, in arcs, a little to the right} */
    static List<Stroke> person(long number) {
        Random random = Pairs.random(number);
        int strokes = FEWEST_STROKES + random.nextInt(MORE_STROKES);
        double tempo = Math.exp(0.25 * random.nextGaussian());
        double slant = 0.2 * random.nextGaussian();
        double turn = random.nextBoolean() ? 1 : -1;
        List<Stroke> person = new ArrayList<>();
        for (int i = 0; i < strokes; i++) {
            double middle = slant + (i % 2 == 0 ? 0.8 : -1.4) + 0.5 * random.nextGaussian();
            double arc = turn * (0.8 + 0.8 * random.nextGaussian());
            boolean up = random.nextDouble() < UP && i > 1 && i < strokes - 2;
            person.add(new Stroke(tempo * 0.15 * Math.exp(0.35 * random.nextGaussian()),
                    (i % 2 == 0 ? 1.3 : 1) * Math.exp(0.4 * random.nextGaussian()), middle - arc / 2, middle + arc / 2,
                    Math.log(tempo * 0.2) + 0.25 * random.nextGaussian(), 0.15 + 0.25 * random.nextDouble(), up));
        }
        return person;
    }

    /** {@return one execution of a shape with the rhythm of a person} */
    List<Stroke> varied(List<Stroke> shape, List<Stroke> hand, double errors, Random random) {
        double slower = Math.exp(tempo * random.nextGaussian());
        List<Stroke> varied = new ArrayList<>();
        for (int i = 0; i < shape.size(); i++) {
            Stroke s = shape.get(i);
            Stroke h = hand.get(i % hand.size());
            double delay = Math.exp(mixed(Math.log(s.delay), Math.log(h.delay)) + rhythm * random.nextGaussian());
            double mu = mixed(s.mu, h.mu) + rhythm * random.nextGaussian();
            varied.add(new Stroke(slower * delay, s.length * Math.exp(errors * size * random.nextGaussian()),
                    s.from + errors * angle * random.nextGaussian(), s.to + errors * angle * random.nextGaussian(),
                    mu + Math.log(slower), mixed(s.sigma, h.sigma), s.up));
        }
        return varied;
    }

    private double mixed(double signers, double forgers) {
        return signers + ownRhythm * (forgers - signers);
    }

    private static Random random(long signer, long writer, int number) {
        return Pairs.random(31 * (31 * Pairs.random(signer).nextLong() + Pairs.random(writer).nextLong()) + number);
    }

    /** {@return the path that strokes make: the sum of the arcs that each has done by then} */
    static Drawing drawing(String name, List<Stroke> strokes) {
        double[] onsets = onsets(strokes);
        double begin = Double.POSITIVE_INFINITY;
        double end = 0;
        for (int i = 0; i < onsets.length; i++) {
            begin = Math.min(begin, seen(strokes.get(i), onsets[i], -REACH));
            end = Math.max(end, seen(strokes.get(i), onsets[i], REACH));
        }
        int points = 1 + (int) ((end - begin) / INTERVAL);
        double[] x = new double[points];
        double[] y = new double[points];
        double[] seconds = new double[points];
        boolean[] down = new boolean[points];
        for (int k = 0; k < points; k++) {
            double time = begin + k * INTERVAL;
            seconds[k] = k * INTERVAL;
            down[k] = true;
            for (int i = 0; i < onsets.length; i++) {
                Stroke s = strokes.get(i);
                double done = done(s, time - onsets[i]);
                // an arc of a circle, whose chord is shorter than the way and has the mean direction
                double half = Math.max(STRAIGHT, Math.abs(s.to() - s.from()) * done / 2);
                double chord = s.length() * done * Math.sin(half) / half;
                double direction = s.from() + (s.to() - s.from()) * done / 2;
                x[k] += chord * Math.cos(direction);
                y[k] += chord * Math.sin(direction);
                if (time >= seen(s, onsets[i], -REACH)) { // the last stroke that has begun holds the pen
                    down[k] = !s.up();
                }
            }
        }
        return new Drawing(name, x, y, seconds, down);
    }

    /** {@return when each stroke begins, t₀} */
    static double[] onsets(List<Stroke> strokes) {
        double[] onsets = new double[strokes.size()];
        IntStream.range(1, onsets.length).forEach(i -> onsets[i] = onsets[i - 1] + strokes.get(i).delay());
        return onsets;
    }

    private static double seen(Stroke stroke, double onset, double sigmas) {
        return onset + Math.exp(stroke.mu() + sigmas * stroke.sigma());
    }

    /** {@return the share of a stroke's way that is done so long after its t₀: the lognormal's distribution} */
    private static double done(Stroke stroke, double since) {
        return since <= 0 ? 0 : (1 + Erf.erf((Math.log(since) - stroke.mu()) / (stroke.sigma() * Math.sqrt(2)))) / 2;
    }
}
