package io.github.weirml.client;

import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * Which endpoint a session tries next, and after what wait. Belongs to the session's event loop.
 *
 * <p>Each failure moves on to the next endpoint: at once until all of them have failed, and then
 * after waits that double, so that a server that comes back does not find all its clients at the
 * door.
 */
final class Reconnects {
    private static final long FIRST_WAIT = TimeUnit.MILLISECONDS.toNanos(100);
    private static final long LONGEST_WAIT = TimeUnit.SECONDS.toNanos(5);

    private final int endpoints;
    private int current;
    private int failures;

    Reconnects(int endpoints, int first) {
        this.endpoints = endpoints;
        this.current = Math.floorMod(first, endpoints);
    }

    /** The endpoint to try. */
    int endpoint() {
        return current;
    }

    /** A stream does what it should: the next failure is a first one. */
    void succeeded() {
        failures = 0;
    }

    /**
     * A try has failed, or a stream has ended.
     *
     * @param asked how long the server asked to wait, in nanoseconds
     * @return how long to wait, in nanoseconds
     */
    long failed(long asked) {
        failures++;
        current = (current + 1) % endpoints;
        if (failures < endpoints) {
            return 0;
        }
        int doublings = Math.min(failures - endpoints, 16);
        long wait = Math.max(Math.min(FIRST_WAIT << doublings, LONGEST_WAIT), asked);
        return wait / 2 + ThreadLocalRandom.current().nextLong(wait / 2 + 1) + asked / 2;
    }

    /** Whether every endpoint has failed since the last success. */
    boolean allFailed() {
        return failures >= endpoints;
    }
}
