package io.github.weirml.client;

import io.github.weirml.client.WeirException.Kind;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/**
 * A session as its callers see it, from any thread. What they give goes through {@code inbox} to
 * the event loop, where {@link SessionLoop} owns everything else: so there is one writer, and no
 * lock.
 */
final class StreamingSession implements PredictSession {
    private static final long CLOSE_SECONDS = 5;

    private final Transport transport;
    private final Transport.Loop loop;
    private final SessionConfig config;
    private final SessionLoop inLoop;

    private final ConcurrentLinkedQueue<Pending> inbox = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean awake = new AtomicBoolean();
    private final AtomicInteger count = new AtomicInteger();
    private final AtomicReference<WeirException> over = new AtomicReference<>();
    private final CompletableFuture<SessionInfo> started = new CompletableFuture<>();
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile String lastFailure = "";

    StreamingSession(Transport transport, SessionConfig config, SessionListener listener) {
        this.transport = transport;
        this.loop = transport.nextLoop();
        this.config = config;
        this.inLoop = new SessionLoop(this, transport, loop, config, new SafeListener(listener));
    }

    /** Begins to connect. */
    void begin() {
        tryExecute(inLoop::begin);
    }

    @Override
    public CompletableFuture<Result> predict(Record record) {
        Duration own = record.timeout() == null ? config.recordTimeout() : record.timeout();
        Pending pending = new Pending(record, System.nanoTime(), Nanos.of(own));
        if (isOver()) {
            return CompletableFuture.failedFuture(over.get());
        }
        if (count.incrementAndGet() > config.maxPending()) {
            count.decrementAndGet();
            return CompletableFuture.failedFuture(overloaded());
        }
        inbox.add(pending);
        wake();
        if (isOver()) {
            failInbox(); // it may have ended before it could see this record
        }
        return pending.future;
    }

    private WeirException overloaded() {
        return new WeirException(
                Kind.OVERLOADED,
                "the session holds "
                        + config.maxPending()
                        + " records without a result, its bound (maxPending); wait for some of them");
    }

    private void wake() {
        if (awake.compareAndSet(false, true) && !tryExecute(this::work)) {
            fail(new WeirException(Kind.CLOSED, "the client is closed"));
        }
    }

    private void work() {
        awake.set(false);
        inLoop.work();
    }

    @Override
    public void flush() {
        tryExecute(inLoop::flush);
    }

    @Override
    public CompletableFuture<SessionInfo> started() {
        CompletableFuture<SessionInfo> copy = new CompletableFuture<>();
        started.whenComplete(
                (info, failure) -> {
                    if (failure == null) {
                        copy.complete(info);
                    } else {
                        copy.completeExceptionally(failure);
                    }
                });
        return copy;
    }

    @Override
    public int pending() {
        return count.get();
    }

    @Override
    public String lastFailure() {
        return lastFailure;
    }

    @Override
    public void close() {
        fail(new WeirException(Kind.CLOSED, "the session is closed"));
        if (!transport.isLoop()) {
            Waiting.atMost(CLOSE_SECONDS, ended::await);
        }
    }

    /** Ends the session, from any thread; the first one says why. */
    void fail(WeirException why) {
        if (over.compareAndSet(null, why) && !tryExecute(this::finish)) {
            finish(); // the loop has ended: nobody else is here
        }
    }

    private void finish() {
        WeirException why = over.get();
        int unanswered = inLoop.end(why) + failInbox();
        started.completeExceptionally(why);
        transport.ended(this);
        inLoop.tellFailed(why, unanswered);
        ended.countDown();
    }

    private int failInbox() {
        int failed = 0;
        for (Pending record = inbox.poll(); record != null; record = inbox.poll()) {
            failed += failExceptionally(record, over.get()) ? 1 : 0;
        }
        return failed;
    }

    private boolean tryExecute(Runnable task) {
        try {
            loop.execute(() -> guard(task));
            return true;
        } catch (RejectedExecutionException e) {
            return false;
        }
    }

    // For the event loop.

    /** Runs a task of the loop; a fault in it ends the session, so that nobody waits for ever. */
    void guard(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException | Error e) {
            fault(e);
        }
    }

    void fault(Throwable e) {
        fail(new WeirException(Kind.INTERNAL, "a fault in the client, please report it: " + e, e));
    }

    boolean isOver() {
        return over.get() != null;
    }

    /** The next record that was given, or null. */
    Pending take() {
        return inbox.poll();
    }

    /** Completes a record; false if it was completed before. */
    boolean complete(Pending record, Result result) {
        if (!record.finish()) {
            return false;
        }
        count.decrementAndGet();
        record.future.complete(result);
        return true;
    }

    /** The same, with why there is no result. */
    boolean failExceptionally(Pending record, WeirException why) {
        if (!record.finish()) {
            return false;
        }
        count.decrementAndGet();
        record.future.completeExceptionally(why);
        return true;
    }

    void hasStarted(SessionInfo info) {
        started.complete(info);
    }

    boolean isStarted() {
        return started.isDone();
    }

    void hasFailed(String why) {
        lastFailure = why;
    }
}
