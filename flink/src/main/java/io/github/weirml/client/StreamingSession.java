package io.github.weirml.client;

import io.github.weirml.client.WeirException.Kind;
import io.github.weirml.v1.PredictStarted;
import io.grpc.Metadata;
import io.grpc.Status;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/**
 * A session: what callers give goes through {@code inbox} to the event loop, which owns everything
 * else. So there is one writer, and nothing below needs a lock.
 */
final class StreamingSession implements PredictSession, PredictStream.Owner {
    private static final int MAX_MESSAGE_RECORDS = 256;
    private static final long MAX_MESSAGE_BYTES = 1 << 20;
    private static final long STEADY = TimeUnit.SECONDS.toNanos(5);
    private static final long CLOSE_SECONDS = 5;
    private static final int SILENT_HEARTBEATS = 3;

    private final Transport transport;
    private final Transport.Loop loop;
    private final SessionConfig config;
    private final SafeListener listener;

    // Shared with callers.
    private final ConcurrentLinkedQueue<Pending> inbox = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean awake = new AtomicBoolean();
    private final AtomicInteger count = new AtomicInteger();
    private final AtomicReference<WeirException> over = new AtomicReference<>();
    private final CompletableFuture<SessionInfo> started = new CompletableFuture<>();
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile String lastFailure = "";

    // The event loop's.
    private final Backlog backlog = new Backlog();
    private final List<PredictStream> closing = new ArrayList<>();
    private final Reconnects reconnects;
    private final Deadlines deadlines;
    private final List<ScheduledFuture<?>> timers = new ArrayList<>();
    private PredictStream current;
    private long openedAt;
    private boolean flushing;

    StreamingSession(Transport transport, SessionConfig config, SessionListener listener) {
        this.transport = transport;
        this.loop = transport.nextLoop();
        this.config = config;
        this.listener = new SafeListener(listener);
        this.reconnects = new Reconnects(transport.endpoints(), transport.nextEndpoint());
        this.deadlines = new Deadlines(loop, this::expire);
    }

    /** Begins to connect. */
    void begin() {
        loop.execute(
                () -> {
                    watchStart();
                    watchSilence();
                    connect();
                });
    }

    @Override
    public CompletableFuture<Result> predict(Record record) {
        Duration own = record.timeout() == null ? config.recordTimeout() : record.timeout();
        Pending pending = new Pending(record, System.nanoTime(), Nanos.of(own));
        if (over.get() != null) {
            return CompletableFuture.failedFuture(over.get());
        }
        if (count.incrementAndGet() > config.maxPending()) {
            count.decrementAndGet();
            return CompletableFuture.failedFuture(overloaded());
        }
        inbox.add(pending);
        wake();
        if (over.get() != null) {
            failInbox();
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

    @Override
    public void flush() {
        tryExecute(
                () -> {
                    flushing = true;
                    takeInbox();
                });
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

    boolean isOver() {
        return over.get() != null;
    }

    /** Ends the session, from any thread; the first one says why. */
    private void fail(WeirException why) {
        if (!over.compareAndSet(null, why)) {
            return;
        }
        if (!tryExecute(this::finish)) {
            finish(); // the loop has ended: nobody else is here
        }
    }

    private void finish() {
        WeirException why = over.get();
        timers.forEach(timer -> timer.cancel(false));
        deadlines.close();
        List<Pending> left = new ArrayList<>();
        for (PredictStream stream : streams()) {
            stream.cancel(why.getMessage());
            left.addAll(stream.takeUnanswered());
        }
        current = null;
        closing.clear();
        left.addAll(backlog.takeAll());
        int unanswered = failInbox();
        for (Pending record : left) {
            unanswered += failExceptionally(record, why) ? 1 : 0;
        }
        started.completeExceptionally(why);
        transport.ended(this);
        if (why.kind() != Kind.CLOSED) {
            listener.sessionFailed(why, unanswered);
        }
        ended.countDown();
    }

    private int failInbox() {
        int failed = 0;
        for (Pending record = inbox.poll(); record != null; record = inbox.poll()) {
            failed += failExceptionally(record, over.get()) ? 1 : 0;
        }
        return failed;
    }

    private boolean failExceptionally(Pending record, WeirException why) {
        if (!record.finish()) {
            return false;
        }
        count.decrementAndGet();
        record.future.completeExceptionally(why);
        return true;
    }

    private void wake() {
        if (awake.compareAndSet(false, true) && !tryExecute(this::work)) {
            fail(new WeirException(Kind.CLOSED, "the client is closed"));
        }
    }

    private boolean tryExecute(Runnable task) {
        try {
            loop.execute(task);
            return true;
        } catch (RejectedExecutionException e) {
            return false;
        }
    }

    // What follows runs on the event loop.

    private void work() {
        awake.set(false);
        if (over.get() == null) {
            takeInbox();
        }
    }

    private void takeInbox() {
        for (Pending record = inbox.poll(); record != null; record = inbox.poll()) {
            accept(record);
        }
        pump();
    }

    private void accept(Pending record) {
        if (record.bytes > Wire.MAX_RECORD_BYTES) {
            String text = "the record has " + record.bytes + " bytes; no server takes more than ";
            settle(
                    record,
                    Result.failed(Reason.INVALID_RECORD, text + Wire.MAX_RECORD_BYTES, false));
            return;
        }
        backlog.add(record);
        deadlines.add(record.deadline);
    }

    /** Sends what the window has room for. */
    private void pump() {
        if (current == null || !current.isOpen()) {
            return;
        }
        for (List<Pending> records = gather(); !records.isEmpty(); records = gather()) {
            current.send(records);
            tellSent(records);
        }
        if (flushing && backlog.peek() == null) {
            flushing = false;
            current.flush();
        }
    }

    private List<Pending> gather() {
        List<Pending> records = new ArrayList<>();
        long bytes = 0;
        while (records.size() < MAX_MESSAGE_RECORDS && bytes < MAX_MESSAGE_BYTES) {
            Pending next = backlog.peek();
            if (next == null || !current.fits(next, records.size(), bytes)) {
                break;
            }
            backlog.removeFirst();
            records.add(next);
            bytes += next.bytes;
        }
        return records;
    }

    private void tellSent(List<Pending> records) {
        int again = 0;
        long bytes = 0;
        for (Pending record : records) {
            again += record.sends > 1 ? 1 : 0;
            bytes += record.bytes;
        }
        listener.recordsSent(records.size(), again, bytes);
    }

    @Override
    public void started(PredictStream stream, PredictStarted message) {
        openedAt = System.nanoTime();
        SessionInfo info = new SessionInfo(stream.endpoint, message);
        listener.streamStarted(info);
        started.complete(info);
        pump();
    }

    @Override
    public void ready(PredictStream stream) {
        pump();
    }

    @Override
    public void answered(Pending record, io.github.weirml.v1.Result result) {
        reconnects.succeeded();
        settle(record, Wire.result(result));
    }

    private void settle(Pending record, Result result) {
        if (!record.finish()) {
            return;
        }
        count.decrementAndGet();
        long now = System.nanoTime();
        long sent = record.sends == 0 ? now : record.sent;
        listener.resultReceived(result, sent - record.arrived, now - sent);
        record.future.complete(result);
    }

    @Override
    public void closing(PredictStream stream, String why, List<Pending> refused) {
        backlog.putBack(refused);
        if (stream != current) {
            pump();
            return;
        }
        current = null;
        closing.add(stream);
        reconnect(stream.endpoint + ": " + why, refused.size(), 0);
    }

    @Override
    public void ended(PredictStream stream, Status status, Metadata trailers) {
        List<Pending> unanswered = stream.takeUnanswered();
        backlog.putBack(unanswered);
        if (closing.remove(stream)) {
            pump();
            return;
        }
        current = null;
        String why = Failures.text(stream.endpoint, status);
        if (Failures.isFinal(status)) {
            fail(new WeirException(Kind.REFUSED, "weir refuses the session: " + why));
            return;
        }
        if (openedAt != 0 && System.nanoTime() - openedAt > STEADY) {
            reconnects.succeeded();
        }
        long asked = Failures.retryNanos(status, trailers);
        boolean neverStarted = !started.isDone();
        reconnect(why, unanswered.size(), asked);
        if (neverStarted && Failures.isTls(status) && reconnects.allFailed()) {
            fail(new WeirException(Kind.REFUSED, "no TLS connection: " + why, status.getCause()));
        }
    }

    private void reconnect(String why, int unanswered, long asked) {
        lastFailure = why;
        openedAt = 0;
        long wait = reconnects.failed(asked);
        listener.streamEnded(why, unanswered, Duration.ofNanos(wait));
        loop.schedule(this::connect, wait);
    }

    private void connect() {
        if (over.get() != null || current != null) {
            return;
        }
        int endpoint = reconnects.endpoint();
        PredictStream stream =
                new PredictStream(transport.name(endpoint), this, transport.call(endpoint, loop));
        current = stream;
        stream.open(Wire.start(config), transport.headers());
        long timeout = transport.connectNanos();
        loop.schedule(() -> giveUpOpening(stream, timeout), timeout);
    }

    private void giveUpOpening(PredictStream stream, long timeout) {
        if (stream.isOpening()) {
            stream.fail("no answer to the start within " + Nanos.text(timeout));
        }
    }

    private List<PredictStream> streams() {
        List<PredictStream> all = new ArrayList<>(closing);
        if (current != null) {
            all.add(current);
        }
        return all;
    }

    /** Completes the records whose time is over, and returns the earliest end of the others. */
    private long expire(long now) {
        for (PredictStream stream : streams()) {
            stream.unanswered().forEach(record -> expire(record, now));
        }
        backlog.forEach(record -> expire(record, now));
        backlog.prune();
        return earliest(now);
    }

    private void expire(Pending record, long now) {
        if (!record.isDone() && record.isLate(now)) {
            String after = "no result within " + Nanos.text(record.deadline - record.arrived);
            settle(
                    record,
                    Result.failed(Reason.DEADLINE_EXCEEDED, after + where(record, now), true));
        }
    }

    private String where(Pending record, long now) {
        String failure = lastFailure.isEmpty() ? "" : "; the last stream's end: " + lastFailure;
        if (current != null && current.isOpen()) {
            return record.sends == 0
                    ? ": it waited for room in the server's window" + failure
                    : ": it was sent to the server "
                            + Nanos.text(now - record.sent)
                            + " ago"
                            + failure;
        }
        return ": no server could be reached" + failure;
    }

    private long earliest(long now) {
        long[] least = {Long.MAX_VALUE};
        for (PredictStream stream : streams()) {
            stream.unanswered().forEach(record -> least[0] = Math.min(least[0], left(record, now)));
        }
        backlog.forEach(record -> least[0] = Math.min(least[0], left(record, now)));
        return least[0];
    }

    private static long left(Pending record, long now) {
        return record.isDone() ? Long.MAX_VALUE : record.deadline - now;
    }

    private void watchStart() {
        if (config.startTimeout().isZero()) {
            return;
        }
        long timeout = Nanos.of(config.startTimeout());
        timers.add(loop.schedule(() -> giveUpStarting(timeout), timeout));
    }

    private void giveUpStarting(long timeout) {
        if (!started.isDone()) {
            String why = lastFailure.isEmpty() ? "no answer yet" : lastFailure;
            String text =
                    "no weir server within " + Nanos.text(timeout) + " at " + transport + ": ";
            fail(new WeirException(Kind.UNAVAILABLE, text + why));
        }
    }

    /** The server pings a silent stream; one that stays silent is broken. */
    private void watchSilence() {
        if (config.heartbeat().isZero()) {
            return;
        }
        long every = Nanos.of(config.heartbeat());
        timers.add(loop.scheduleEvery(() -> endSilent(SILENT_HEARTBEATS * every), every));
    }

    private void endSilent(long longest) {
        long now = System.nanoTime();
        for (PredictStream stream : streams()) {
            if (!stream.isOpening() && now - stream.lastHeard() > longest) {
                stream.fail("nothing heard for " + Nanos.text(longest) + ", not even a ping");
            }
        }
    }
}
