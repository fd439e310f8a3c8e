package io.github.weirml.client;

import java.time.Duration;

/** A listener that never throws: a fault in somebody's metrics must not cost a record. */
final class SafeListener implements SessionListener {
    private final SessionListener to;

    SafeListener(SessionListener to) {
        this.to = to;
    }

    @Override
    public void streamStarted(SessionInfo info) {
        safely(() -> to.streamStarted(info));
    }

    @Override
    public void streamEnded(String why, int unanswered, Duration wait) {
        safely(() -> to.streamEnded(why, unanswered, wait));
    }

    @Override
    public void recordsSent(int records, int again, long bytes) {
        safely(() -> to.recordsSent(records, again, bytes));
    }

    @Override
    public void resultReceived(Result result, long waitNanos, long answerNanos) {
        safely(() -> to.resultReceived(result, waitNanos, answerNanos));
    }

    @Override
    public void sessionFailed(WeirException why, int unanswered) {
        safely(() -> to.sessionFailed(why, unanswered));
    }

    private static void safely(Runnable call) {
        try {
            call.run();
        } catch (RuntimeException | LinkageError | AssertionError e) {
            // As promised.
        }
    }
}
