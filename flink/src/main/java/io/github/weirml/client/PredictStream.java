package io.github.weirml.client;

import io.github.weirml.v1.PredictRequest;
import io.github.weirml.v1.PredictResponse;
import io.github.weirml.v1.PredictStart;
import io.github.weirml.v1.PredictStarted;
import io.github.weirml.v1.Reason;
import io.github.weirml.v1.RecordBatch;
import io.github.weirml.v1.Result;
import io.github.weirml.v1.Window;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One Predict stream: its window, its sequence numbers, and the records that it owes a result.
 *
 * <p>Belongs to the session's event loop; the call's executor is that loop. It decides nothing: its
 * owner is told what comes. After the end the owner is told nothing more.
 */
final class PredictStream extends ClientCall.Listener<PredictResponse> {
    /** Messages that may arrive before we have asked for more. */
    private static final int READ_AHEAD = 8;

    /** Who decides. */
    interface Owner {
        void started(PredictStream stream, PredictStarted started);

        void ready(PredictStream stream);

        void answered(Pending record, Result result);

        /**
         * The stream takes no more records.
         *
         * @param refused records that are to be sent elsewhere, oldest first
         */
        void closing(PredictStream stream, String why, List<Pending> refused);

        void ended(PredictStream stream, Status status, Metadata trailers);

        /** Something that should never be. gRPC would take it for a broken stream. */
        void fault(Throwable e);
    }

    final String endpoint;
    private final Owner owner;
    private final ClientCall<PredictRequest, PredictResponse> call;
    private final Map<Long, Pending> unanswered = new LinkedHashMap<>();
    private long unansweredBytes;
    private long sequence;
    private int windowRecords = 1;
    private long windowBytes;
    private long lastHeard = System.nanoTime();
    private State state = State.OPENING;

    private enum State {
        OPENING,
        OPEN,
        CLOSING,
        ENDED
    }

    PredictStream(String endpoint, Owner owner, ClientCall<PredictRequest, PredictResponse> call) {
        this.endpoint = endpoint;
        this.owner = owner;
        this.call = call;
    }

    void open(PredictStart start, Metadata headers) {
        call.start(this, headers);
        call.request(READ_AHEAD);
        call.sendMessage(PredictRequest.newBuilder().setStart(start).build());
    }

    boolean isOpen() {
        return state == State.OPEN;
    }

    boolean isOpening() {
        return state == State.OPENING;
    }

    /** When the server was heard last. */
    long lastHeard() {
        return lastHeard;
    }

    /** Whether a record may be sent now, behind others that are about to be. */
    boolean fits(Pending next, int records, long bytes) {
        int before = unanswered.size() + records;
        return isOpen()
                && call.isReady()
                && before < windowRecords
                && (before == 0 || unansweredBytes + bytes + next.bytes <= windowBytes);
    }

    /** Sends records in one message. */
    void send(List<Pending> records) {
        long now = System.nanoTime();
        if (records.size() == 1) {
            call.sendMessage(
                    PredictRequest.newBuilder().setRecord(take(records.get(0), now)).build());
            return;
        }
        RecordBatch.Builder batch = RecordBatch.newBuilder();
        for (Pending record : records) {
            batch.addRecords(take(record, now));
        }
        call.sendMessage(PredictRequest.newBuilder().setRecords(batch).build());
    }

    private io.github.weirml.v1.Record take(Pending record, long now) {
        sequence++;
        unanswered.put(sequence, record);
        unansweredBytes += record.bytes;
        record.sent = now;
        record.sends++;
        return record.message(sequence, now);
    }

    void flush() {
        call.sendMessage(
                PredictRequest.newBuilder()
                        .setFlush(io.github.weirml.v1.Flush.getDefaultInstance())
                        .build());
    }

    /** The records that have no result, oldest first; done ones are among them. */
    Iterable<Pending> unanswered() {
        return unanswered.values();
    }

    /** The same, and forgets them. */
    List<Pending> takeUnanswered() {
        List<Pending> all = new ArrayList<>(unanswered.values());
        unanswered.clear();
        unansweredBytes = 0;
        return all;
    }

    /** Ends the stream from our side; the owner is told. */
    void fail(String why) {
        end(Status.UNAVAILABLE.withDescription(why), new Metadata());
    }

    /** Ends the stream; the owner is not told. */
    void cancel(String why) {
        if (state != State.ENDED) {
            state = State.ENDED;
            call.cancel(why, null);
        }
    }

    private void end(Status status, Metadata trailers) {
        if (state == State.ENDED) {
            return;
        }
        cancel(String.valueOf(status.getDescription()));
        owner.ended(this, status, trailers);
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
        end(status, trailers);
    }

    @Override
    public void onReady() {
        if (isOpen()) {
            owner.ready(this);
        }
    }

    @Override
    public void onMessage(PredictResponse message) {
        if (state == State.ENDED) {
            return;
        }
        lastHeard = System.nanoTime();
        try {
            receive(message);
        } catch (RuntimeException | Error e) {
            owner.fault(e);
        }
        call.request(1);
    }

    private void receive(PredictResponse message) {
        switch (message.getMessageCase()) {
            case STARTED:
                started(message.getStarted());
                break;
            case RESULTS:
                results(message.getResults().getResultsList());
                break;
            case WINDOW_UPDATE:
                window(message.getWindowUpdate().getWindow());
                owner.ready(this);
                break;
            case PING:
                pong(message.getPing());
                break;
            case DRAIN:
                drain(message.getDrain().getLastSequence());
                break;
            default: // a Pong, or a message of a newer server
        }
    }

    private void started(PredictStarted started) {
        if (state == State.OPENING) {
            state = State.OPEN;
            window(started.getWindow());
            owner.started(this, started);
        }
    }

    private void window(Window window) {
        windowRecords = Wire.windowRecords(window);
        windowBytes = Wire.windowBytes(window);
    }

    private void pong(io.github.weirml.v1.Ping ping) {
        if (state == State.OPEN) {
            call.sendMessage(
                    PredictRequest.newBuilder()
                            .setPong(io.github.weirml.v1.Pong.newBuilder().setId(ping.getId()))
                            .build());
        }
    }

    private void results(List<Result> results) {
        List<Pending> cancelled = new ArrayList<>();
        for (Result result : results) {
            Pending record = unanswered.get(result.getSequence());
            if (record == null) {
                continue; // nothing that we have sent, or a second result
            }
            if (result.getError().getReason() == Reason.REASON_CANCELLED) {
                cancelled.add(record);
            } else {
                owner.answered(record, result);
            }
            unanswered.remove(result.getSequence());
            unansweredBytes -= record.bytes;
        }
        if (cancelled.isEmpty()) {
            owner.ready(this);
        } else {
            close("the server has stopped before it had all answers", cancelled);
        }
    }

    private void drain(long last) {
        List<Pending> refused = new ArrayList<>();
        Iterator<Map.Entry<Long, Pending>> entries = unanswered.entrySet().iterator();
        while (entries.hasNext()) {
            Map.Entry<Long, Pending> entry = entries.next();
            if (Long.compareUnsigned(entry.getKey(), last) > 0) {
                unansweredBytes -= entry.getValue().bytes;
                refused.add(entry.getValue());
                entries.remove();
            }
        }
        close("the server drains", refused);
    }

    /** From here on the stream only answers what it has. */
    private void close(String why, List<Pending> refused) {
        if (state != State.CLOSING) {
            state = State.CLOSING;
            call.halfClose();
        }
        owner.closing(this, why, refused);
    }
}
