package io.github.weirml.client;

import io.github.weirml.client.WeirException.Kind;
import io.github.weirml.v1.PredictStarted;
import io.grpc.Metadata;
import io.grpc.Status;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/**
 * What a session has and decides on its event loop: the records to send, the stream they go to,
 * those that still answer, and when to try again. Nothing here is called from another thread.
 */
final class SessionLoop implements PredictStream.Owner {
    private static final int MAX_MESSAGE_RECORDS = 256;
    private static final long MAX_MESSAGE_BYTES = 1 << 20;
    private static final long STEADY = TimeUnit.SECONDS.toNanos(5);
    private static final int SILENT_HEARTBEATS = 3;

    private final StreamingSession session;
    private final Transport transport;
    private final Transport.Loop loop;
    private final SessionConfig config;
    private final SafeListener listener;

    private final Backlog backlog = new Backlog();
    private final List<PredictStream> closing = new ArrayList<>();
    private final List<ScheduledFuture<?>> timers = new ArrayList<>();
    private final Reconnects reconnects;
    private final Deadlines deadlines;
    private PredictStream current;
    private long openedAt;
    private boolean flushing;

    SessionLoop(
            StreamingSession session,
            Transport transport,
            Transport.Loop loop,
            SessionConfig config,
            SafeListener listener) {
        this.session = session;
        this.transport = transport;
        this.loop = loop;
        this.config = config;
        this.listener = listener;
        this.reconnects = new Reconnects(transport.endpoints(), transport.nextEndpoint());
        this.deadlines = new Deadlines(loop, this::expire);
    }

    void begin() {
        if (!config.startTimeout().isZero()) {
            long timeout = Nanos.of(config.startTimeout());
            timers.add(schedule(() -> giveUpStarting(timeout), timeout));
        }
        if (!config.heartbeat().isZero()) {
            long every = Nanos.of(config.heartbeat());
            timers.add(loop.scheduleEvery(() -> endSilent(SILENT_HEARTBEATS * every), every));
        }
        connect();
    }

    private ScheduledFuture<?> schedule(Runnable task, long nanos) {
        return loop.schedule(() -> session.guard(task), nanos);
    }

    /** Takes what callers have given, and sends what the window has room for. */
    void work() {
        if (session.isOver()) {
            return;
        }
        for (Pending record = session.take(); record != null; record = session.take()) {
            accept(record);
        }
        pump();
    }

    void flush() {
        flushing = true;
        work();
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

    // What the streams tell.

    @Override
    public void started(PredictStream stream, PredictStarted message) {
        openedAt = System.nanoTime();
        SessionInfo info = new SessionInfo(stream.endpoint, message);
        listener.streamStarted(info);
        session.hasStarted(info);
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
        if (record.isDone()) {
            return; // its time was over
        }
        long now = System.nanoTime();
        long sent = record.sends == 0 ? now : record.sent;
        listener.resultReceived(result, sent - record.arrived, now - sent);
        session.complete(record, result);
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
            session.fail(new WeirException(Kind.REFUSED, "weir refuses the session: " + why));
            return;
        }
        if (openedAt != 0 && System.nanoTime() - openedAt > STEADY) {
            reconnects.succeeded();
        }
        reconnect(why, unanswered.size(), Failures.retryNanos(status, trailers));
        if (!session.isStarted() && Failures.isTls(status) && reconnects.allFailed()) {
            String text = "no TLS connection: " + why;
            session.fail(new WeirException(Kind.REFUSED, text, status.getCause()));
        }
    }

    @Override
    public void fault(Throwable e) {
        session.fault(e);
    }

    // Connecting.

    private void reconnect(String why, int unanswered, long asked) {
        session.hasFailed(why);
        openedAt = 0;
        long wait = reconnects.failed(asked);
        listener.streamEnded(why, unanswered, Duration.ofNanos(wait));
        schedule(this::connect, wait);
    }

    private void connect() {
        if (session.isOver() || current != null) {
            return;
        }
        int endpoint = reconnects.endpoint();
        PredictStream stream =
                new PredictStream(transport.name(endpoint), this, transport.call(endpoint, loop));
        current = stream;
        stream.open(Wire.start(config), transport.headers());
        long timeout = transport.connectNanos();
        schedule(() -> giveUpOpening(stream, timeout), timeout);
    }

    private void giveUpOpening(PredictStream stream, long timeout) {
        if (stream.isOpening()) {
            stream.fail("no answer to the start within " + Nanos.text(timeout));
        }
    }

    private void giveUpStarting(long timeout) {
        if (!session.isStarted()) {
            String last = session.lastFailure();
            String why = last.isEmpty() ? "no answer yet" : last;
            String text =
                    "no weir server within " + Nanos.text(timeout) + " at " + transport + ": ";
            session.fail(new WeirException(Kind.UNAVAILABLE, text + why));
        }
    }

    /** The server pings a silent stream; one that stays silent is broken. */
    private void endSilent(long longest) {
        long now = System.nanoTime();
        for (PredictStream stream : streams()) {
            if (!stream.isOpening() && now - stream.lastHeard() > longest) {
                stream.fail("nothing heard for " + Nanos.text(longest) + ", not even a ping");
            }
        }
    }

    private List<PredictStream> streams() {
        List<PredictStream> all = new ArrayList<>(closing);
        if (current != null) {
            all.add(current);
        }
        return all;
    }

    // Ends.

    /** Completes the records whose time is over, and returns the time until the next one's is. */
    private long expire(long now) {
        long[] least = {Long.MAX_VALUE};
        for (PredictStream stream : streams()) {
            stream.unanswered().forEach(record -> least[0] = Math.min(least[0], left(record, now)));
        }
        backlog.forEach(record -> least[0] = Math.min(least[0], left(record, now)));
        backlog.prune();
        return least[0];
    }

    /** The time that a record has; one that has none is completed. */
    private long left(Pending record, long now) {
        if (record.isLate(now)) {
            String after = "no result within " + Nanos.text(record.deadline - record.arrived);
            settle(
                    record,
                    Result.failed(Reason.DEADLINE_EXCEEDED, after + where(record, now), true));
        }
        return record.isDone() ? Long.MAX_VALUE : record.deadline - now;
    }

    private String where(Pending record, long now) {
        String last = session.lastFailure();
        String failure = last.isEmpty() ? "" : "; the last stream's end: " + last;
        if (current == null || !current.isOpen()) {
            return ": no server could be reached" + failure;
        }
        if (record.sends == 0) {
            return ": it waited for room in the server's window" + failure;
        }
        return ": it was sent to the server " + Nanos.text(now - record.sent) + " ago" + failure;
    }

    /** Ends streams and timers, completes all records, and returns how many those were. */
    int end(WeirException why) {
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
        int failed = 0;
        for (Pending record : left) {
            failed += session.failExceptionally(record, why) ? 1 : 0;
        }
        return failed;
    }

    void tellFailed(WeirException why, int unanswered) {
        if (why.kind() != Kind.CLOSED) {
            listener.sessionFailed(why, unanswered);
        }
    }
}
