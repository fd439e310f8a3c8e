package io.github.weirml.client;

import java.util.Objects;

/** Why a record has no value. Immutable. */
public final class RecordError {
    private final Reason reason;
    private final String message;
    private final boolean retriable;

    RecordError(Reason reason, String message, boolean retriable) {
        this.reason = Objects.requireNonNull(reason);
        this.message = Objects.requireNonNull(message);
        this.retriable = retriable;
    }

    /** One of a closed set. */
    public Reason reason() {
        return reason;
    }

    /** What happened and what to do, for people. Holds no record text. */
    public String message() {
        return message;
    }

    /** Whether the same record may succeed later without a change. */
    public boolean isRetriable() {
        return retriable;
    }

    @Override
    public String toString() {
        return reason + ": " + message;
    }
}
