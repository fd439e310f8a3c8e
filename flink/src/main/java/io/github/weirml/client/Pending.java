package io.github.weirml.client;

import java.util.concurrent.CompletableFuture;

/** A record that has no result yet. But for the future it belongs to the session's event loop. */
final class Pending {
    final CompletableFuture<Result> future = new CompletableFuture<>();
    final long arrived;
    final long deadline;

    /** As the server counts them: text, names and values. */
    final long bytes;

    /** When it was handed to the connection last; zero sends: never. */
    long sent;

    int sends;
    private io.github.weirml.v1.Record message;

    Pending(Record record, long now, long timeoutNanos) {
        this.arrived = now;
        this.deadline = now + timeoutNanos;
        this.message = Wire.message(record);
        this.bytes = Wire.bytes(record);
    }

    /** What is sent; the server's time ends before ours, so that its typed error comes first. */
    io.github.weirml.v1.Record message(long sequence, long now) {
        return message.toBuilder()
                .setSequence(sequence)
                .setTimeout(Wire.duration(Wire.serverTime(deadline - now)))
                .build();
    }

    /** Whether the future is completed, or about to be. */
    boolean isDone() {
        return message == null;
    }

    /** Reports true once: the caller completes the future then. */
    boolean finish() {
        boolean first = message != null;
        message = null;
        return first;
    }

    boolean isLate(long now) {
        return deadline - now <= 0;
    }
}
