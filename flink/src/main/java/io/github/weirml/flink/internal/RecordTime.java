package io.github.weirml.flink.internal;

import java.time.Duration;
import org.apache.flink.annotation.Internal;

/** How much of Flink's time for a row its record may take. */
@Internal
public final class RecordTime {
    private static final Duration LEAST = Duration.ofMillis(100);
    private static final Duration MOST_SPARED = Duration.ofSeconds(30);

    private RecordTime() {}

    /**
     * A record's own time: a sixth less than Flink's, at most 30 s less, so that a typed error
     * comes before Flink would fail the job.
     *
     * @throws IllegalArgumentException if Flink's timeout is under 100 ms
     */
    public static Duration within(Duration timeout) {
        if (timeout.compareTo(LEAST) < 0) {
            throw new IllegalArgumentException(
                    "the timeout is " + timeout + "; it must be at least 100 ms");
        }
        Duration sixth = timeout.dividedBy(6);
        return timeout.minus(sixth.compareTo(MOST_SPARED) < 0 ? sixth : MOST_SPARED);
    }
}
