package io.github.weirml.client;

import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/**
 * Wakes when the earliest of many deadlines is over. Belongs to an event loop.
 *
 * <p>One timer, not one for each record: most records have an answer long before their time is
 * over, and then cost nothing here.
 */
final class Deadlines {
    /** So that many deadlines close to one another are one sweep. */
    private static final long GAP = TimeUnit.MILLISECONDS.toNanos(5);

    /** Looks at all records. */
    interface Sweep {
        /**
         * Handles what is over, and returns the time until the next is; MAX_VALUE: there is none.
         */
        long run(long now);
    }

    private final Transport.Loop loop;
    private final Sweep sweep;
    private ScheduledFuture<?> timer;
    private long wakesAt;

    Deadlines(Transport.Loop loop, Sweep sweep) {
        this.loop = loop;
        this.sweep = sweep;
    }

    /** There is one more. */
    void add(long deadline) {
        if (timer != null && deadline - wakesAt >= -GAP) {
            return;
        }
        close();
        wakesAt = deadline;
        timer = loop.schedule(this::wake, Math.max(deadline - System.nanoTime(), 0));
    }

    private void wake() {
        timer = null;
        long now = System.nanoTime();
        long left = sweep.run(now);
        if (left != Long.MAX_VALUE) {
            add(now + Math.max(left, GAP));
        }
    }

    void close() {
        if (timer != null) {
            timer.cancel(false);
            timer = null;
        }
    }
}
