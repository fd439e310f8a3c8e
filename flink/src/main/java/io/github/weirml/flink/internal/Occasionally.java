package io.github.weirml.flink.internal;

import java.time.Duration;
import org.slf4j.Logger;

/** Logs one line at most in a time, and with the next one how many there would have been. */
final class Occasionally {
    private final Logger log;
    private final long every;
    private long last;
    private long skipped;

    Occasionally(Logger log, Duration every) {
        this.log = log;
        this.every = every.toNanos();
        this.last = System.nanoTime() - this.every;
    }

    synchronized void warn(String format, Object... arguments) {
        long now = System.nanoTime();
        if (now - last < every) {
            skipped++;
            return;
        }
        String more = skipped == 0 ? "" : " (and " + skipped + " more since the last such line)";
        log.warn(format + more, arguments);
        last = now;
        skipped = 0;
    }
}
