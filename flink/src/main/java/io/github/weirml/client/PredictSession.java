package io.github.weirml.client;

import java.util.concurrent.CompletableFuture;

/**
 * Sends records to one model with one set of options, and gives each its {@link Result}.
 *
 * <p>A session outlives its streams. Where the connection breaks, the server restarts or drains, it
 * opens another stream, at another endpoint if there is one, and sends there what is unanswered, in
 * order, each record within its own time. Callers notice nothing but the time that takes.
 *
 * <p>Every future of {@link #predict} completes, exactly once, at the latest when its record's time
 * is over:
 *
 * <ul>
 *   <li>with a {@link Result}, a value or a typed error, in all that concerns this record: that
 *       also holds where its time ends because no server can be reached ({@link
 *       Reason#DEADLINE_EXCEEDED}, whose message says why) or where it is too large to send ({@link
 *       Reason#INVALID_RECORD});
 *   <li>exceptionally with a {@link WeirException} if the session as a whole is over: the server
 *       has refused it ({@link WeirException.Kind#REFUSED}), no server was reached within {@link
 *       SessionConfig#startTimeout()} ({@link WeirException.Kind#UNAVAILABLE}), somebody has closed
 *       it ({@link WeirException.Kind#CLOSED}); or if the session holds {@link
 *       SessionConfig#maxPending()} records already ({@link WeirException.Kind#OVERLOADED}).
 * </ul>
 *
 * <p>All methods may be called by several threads at once, and from the futures' own callbacks.
 * Those run on the client's event loop: they must not wait for anything. Callers who need to wait
 * use the {@code …Async} methods of {@link CompletableFuture}.
 *
 * <p>Who opened the session closes it.
 */
public interface PredictSession extends AutoCloseable {

    /**
     * Sends one record, as soon as the server's window has room. Never waits.
     *
     * <p>Records leave in the order in which they are given here. With {@link Order#RECORD} the
     * futures complete in that order too, apart from records whose time is over and from those that
     * are sent again after a broken stream.
     *
     * @return the record's result; cancelling it has no effect on the record
     */
    CompletableFuture<Result> predict(Record record);

    /**
     * Tells the server, once it has all records that were given so far, to send on its way what it
     * has gathered, rather than wait for {@code batch.timeout.ms}. For callers who know that
     * nothing more comes for a while.
     */
    void flush();

    /**
     * What the first stream got: the options as they hold, the effective batch size, warnings.
     *
     * @return completes with the same for every caller, exceptionally as {@link #predict} does if
     *     the session ends before
     */
    CompletableFuture<SessionInfo> started();

    /** Records that have been given to {@link #predict} and have no result yet. */
    int pending();

    /**
     * Why the last stream, or try to open one, ended; empty if none did. For messages to people, as
     * when a caller gives up waiting for {@link #started()}.
     */
    String lastFailure();

    /**
     * Ends the session. Records without a result complete exceptionally with {@link
     * WeirException.Kind#CLOSED}, before this returns unless it is called on the client's event
     * loop. May be called again.
     */
    @Override
    void close();
}
