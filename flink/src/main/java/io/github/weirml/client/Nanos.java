package io.github.weirml.client;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** Durations as this package counts them. */
final class Nanos {
    /** A hundred years: longer than any wait, short enough to add to a time. */
    private static final Duration LONGEST = Duration.ofDays(36_500);

    private Nanos() {}

    static long of(Duration duration) {
        return (duration.compareTo(LONGEST) > 0 ? LONGEST : duration).toNanos();
    }

    /** For people. */
    static String text(long nanos) {
        long millis = TimeUnit.NANOSECONDS.toMillis(nanos);
        return millis < 10_000 ? millis + " ms" : millis / 1000 + " s";
    }
}
