package io.github.weirml.client;

import java.util.concurrent.TimeUnit;

/** Waits for an end that is sure to come. */
final class Waiting {
    private Waiting() {}

    /** What ends. */
    interface End {
        boolean await(long time, TimeUnit unit) throws InterruptedException;
    }

    /**
     * Waits, also in a thread that is interrupted: Flink interrupts the tasks that it cancels, and
     * a thread that outlives its class loader is worse than a short wait.
     */
    static void atMost(long seconds, End end) {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        boolean interrupted = Thread.interrupted();
        while (true) {
            try {
                end.await(until - System.nanoTime(), TimeUnit.NANOSECONDS);
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
