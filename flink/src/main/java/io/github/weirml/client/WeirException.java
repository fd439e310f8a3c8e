package io.github.weirml.client;

/**
 * Why a whole session is over, or a record was not even taken. Its message says what is wrong,
 * where, and what to do; it holds neither keys nor record text.
 */
public final class WeirException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final Kind kind;

    WeirException(Kind kind, String message) {
        super(message);
        this.kind = kind;
    }

    WeirException(Kind kind, String message, Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    /** Which of the closed set. */
    public Kind kind() {
        return kind;
    }

    /** What ends a session. */
    public enum Kind {
        /** A setting of the client is wrong; nothing was sent. */
        CONFIG,
        /** The server refuses: unknown model, bad options, credentials, TLS, no weir at all. */
        REFUSED,
        /** No server was reached within {@link SessionConfig#startTimeout()}. */
        UNAVAILABLE,
        /** The session or its client is closed. */
        CLOSED,
        /** The session holds {@link SessionConfig#maxPending()} records already. */
        OVERLOADED,
        /** A fault of this client. Please report it. */
        INTERNAL
    }
}
