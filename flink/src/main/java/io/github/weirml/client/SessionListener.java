package io.github.weirml.client;

import java.time.Duration;

/**
 * Is told what a session does, for metrics and logs. Does nothing by default.
 *
 * <p>The methods are called on the client's event loop, never two at a time for one session. They
 * must be quick and must not wait. What they throw is ignored.
 */
public interface SessionListener {

    /** A stream is open. The first one, or another one after {@link #streamEnded}. */
    default void streamStarted(SessionInfo info) {}

    /**
     * A stream, or a try to open one, has ended although the session goes on.
     *
     * @param why for people; holds neither keys nor record text
     * @param unanswered records that are sent again
     * @param wait time until the next try; zero: at once
     */
    default void streamEnded(String why, int unanswered, Duration wait) {}

    /**
     * Records were handed to the connection, in one message.
     *
     * @param records how many
     * @param again how many of them had been sent before
     * @param bytes their texts, names and values
     */
    default void recordsSent(int records, int again, long bytes) {}

    /**
     * A record has its result: from the server, or an error of this client's.
     *
     * @param result values or an error; {@link Result#usage()} and {@link Result#attempts()} have
     *     the cost
     * @param waitNanos from {@link PredictSession#predict} until the record was sent last
     * @param answerNanos from there to the result; with the record's wait in its batch
     */
    default void resultReceived(Result result, long waitNanos, long answerNanos) {}

    /** The session is over; {@code unanswered} records completed exceptionally with this. */
    default void sessionFailed(WeirException why, int unanswered) {}
}
