package io.github.weirml.flink.restart;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * What goes into the asynchronous operator of a job and what comes out of it, over all restarts:
 * counted before and behind it, by nothing that is under test. It also says when a job is to be
 * killed. Operators of the job find it by its name, as they are in the same JVM.
 */
final class Flow implements AutoCloseable {
    private static final Map<String, Flow> FLOWS = new ConcurrentHashMap<>();
    private static final long PATIENCE_SECONDS = 30;

    /** Of one attempt. */
    private static final class Counts {
        final long[] entered;
        final long[] left;

        /** Those of {@code left} that the last completed checkpoint covers. */
        final long[] kept;

        Counts(int parallelism) {
            entered = new long[parallelism];
            left = new long[parallelism];
            kept = new long[parallelism];
        }
    }

    private final String name;
    private final int parallelism;
    private final Random random;
    private Counts counts;
    private int attempt;
    private int mostRows = 1;
    private int killsLeft;
    private long killAt;
    private boolean killed;
    private boolean closed;
    private final Set<Long> ids = new TreeSet<>();
    private long entered;
    private long left;
    private long mayRepeat;
    private long mostInFlight;

    Flow(String name, int parallelism, long seed) {
        this.name = name;
        this.parallelism = parallelism;
        this.random = new Random(seed);
        this.counts = new Counts(parallelism);
        FLOWS.put(name, this);
    }

    static Flow named(String name) {
        return FLOWS.get(name);
    }

    /** The job is to be killed so often, each time behind a random number of rows up to that. */
    synchronized void kill(int times, int rows) {
        killsLeft = times;
        mostRows = rows;
        drawKill();
    }

    private void drawKill() {
        killAt = 1 + random.nextInt(mostRows);
    }

    // For the operators.

    /** A subtask has begun; the tasks of earlier attempts have ended. */
    synchronized void begin(int number) {
        if (number > attempt) {
            endAttempt();
            attempt = number;
            counts = new Counts(parallelism);
            killed = false;
            drawKill();
        }
    }

    private void endAttempt() {
        for (int i = 0; i < parallelism; i++) {
            mayRepeat += counts.entered[i] - counts.kept[i];
        }
        mostInFlight = Math.max(mostInFlight, sum(counts.entered) - sum(counts.left));
    }

    /** A row enters; false: it has to stay away, as there are enough. */
    synchronized boolean enter(int subtask, long id) {
        if (closed) {
            return false;
        }
        counts.entered[subtask]++;
        entered++;
        ids.add(id);
        return true;
    }

    synchronized void left(int subtask) {
        counts.left[subtask]++;
        left++;
        notifyAll();
    }

    /** How many rows have left a subtask. */
    synchronized long leftOf(int subtask) {
        return counts.left[subtask];
    }

    /** A checkpoint that covers so many of the rows that have left has completed. */
    synchronized void kept(int subtask, long rows) {
        counts.kept[subtask] = rows;
    }

    /** Whether the job is to be killed as soon as there is a call in flight. */
    synchronized boolean killIsDue() {
        return killsLeft > 0 && !killed && sum(counts.left) >= killAt;
    }

    /** Whether the caller is the one to do it. */
    synchronized boolean takeKill() {
        if (!killIsDue()) {
            return false;
        }
        killsLeft--;
        killed = true;
        return true;
    }

    private static long sum(long[] counts) {
        long sum = 0;
        for (long count : counts) {
            sum += count;
        }
        return sum;
    }

    // For the test.

    /** Rows that have left so far, those that do so again included. */
    synchronized long left() {
        return left;
    }

    /** Rows that have entered so far, those that do so again included. */
    synchronized long entered() {
        return entered;
    }

    /** No more rows enter from now on. Not for jobs that restart: they lose what came back. */
    synchronized void end() {
        closed = true;
    }

    /** The rows that have entered, in ascending order. */
    synchronized List<Long> ids() {
        return List.copyOf(ids);
    }

    /** Waits until so many have left. */
    synchronized void awaitLeft(long rows) throws InterruptedException {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (left < rows && System.nanoTime() < until) {
            TimeUnit.NANOSECONDS.timedWait(this, Math.max(1_000_000, until - System.nanoTime()));
        }
        assertThat(left).as("rows that have left").isGreaterThanOrEqualTo(rows);
    }

    /** Restarts of the job. */
    synchronized int restarts() {
        return attempt;
    }

    /** Kills that were due and did not happen. */
    synchronized int killsLeft() {
        return killsLeft;
    }

    /** Rows that restarts may have sent again: all that were not emitted at a checkpoint. */
    synchronized long mayRepeat() {
        return mayRepeat;
    }

    /** Most rows that were in the operator when an attempt ended. */
    synchronized long mostInFlight() {
        return mostInFlight;
    }

    @Override
    public void close() {
        FLOWS.remove(name);
    }
}
