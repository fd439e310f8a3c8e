package io.github.weirml.testing;

import io.github.weirml.v1.Drain;
import io.github.weirml.v1.Ping;
import io.github.weirml.v1.PredictRequest;
import io.github.weirml.v1.PredictResponse;
import io.github.weirml.v1.PredictStart;
import io.github.weirml.v1.PredictStarted;
import io.github.weirml.v1.Reason;
import io.github.weirml.v1.Record;
import io.github.weirml.v1.RecordError;
import io.github.weirml.v1.Result;
import io.github.weirml.v1.ResultBatch;
import io.github.weirml.v1.Window;
import io.github.weirml.v1.WindowUpdate;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** One stream of a {@link ScriptedServer}, as its script sees it. */
public final class ScriptedStream {
    private static final long PATIENCE_SECONDS = 20;

    /** The client has half-closed, or the stream has ended. */
    public static final class Over extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    /** How many streams the server has had, with this one. */
    public final int number;

    private final ServerCallStreamObserver<PredictResponse> out;
    private final BlockingQueue<Optional<PredictRequest>> in = new LinkedBlockingQueue<>();
    private final Deque<Record> records = new ArrayDeque<>();
    private volatile boolean paused;
    private boolean ended;
    private int messages;

    ScriptedStream(int number, ServerCallStreamObserver<PredictResponse> out) {
        this.number = number;
        this.out = out;
    }

    StreamObserver<PredictRequest> input() {
        return new StreamObserver<>() {
            @Override
            public void onNext(PredictRequest message) {
                in.add(Optional.of(message));
                if (!paused) {
                    out.request(1);
                }
            }

            @Override
            public void onError(Throwable t) {
                in.add(Optional.empty());
            }

            @Override
            public void onCompleted() {
                in.add(Optional.empty());
            }
        };
    }

    /** Reads nothing more, so that the connection fills up. */
    public void pause() {
        paused = true;
    }

    /** Reads on. */
    public void resume() {
        paused = false;
        out.request(1);
    }

    /** The next message; an error if there is none for long. */
    public PredictRequest next() throws InterruptedException {
        Optional<PredictRequest> message = in.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
        if (message == null) {
            throw new AssertionError("no message from the client");
        }
        return message.orElseThrow(Over::new);
    }

    /** The start. */
    public PredictStart start() throws InterruptedException {
        PredictRequest message = next();
        if (!message.hasStart()) {
            throw new AssertionError("the first message is no start: " + message);
        }
        return message.getStart();
    }

    /** Takes the start and answers it with that window. */
    public ScriptedStream open(int windowRecords) throws InterruptedException {
        start();
        return started(windowRecords, 16 << 20);
    }

    public ScriptedStream started(int windowRecords, long windowBytes) {
        return send(
                PredictResponse.newBuilder()
                        .setStarted(
                                PredictStarted.newBuilder()
                                        .setModel("scripted")
                                        .setServerVersion("script")
                                        .setEffectiveBatchSize(7)
                                        .addWarnings("a warning")
                                        .setWindow(window(windowRecords, windowBytes))));
    }

    /** The next record. */
    public Record record() throws InterruptedException {
        while (records.isEmpty()) {
            take(next());
        }
        return records.poll();
    }

    private void take(PredictRequest message) {
        messages++;
        if (message.hasRecord()) {
            records.add(message.getRecord());
        }
        records.addAll(message.getRecords().getRecordsList());
    }

    /** Messages that {@link #record} has looked into. */
    public int messages() {
        return messages;
    }

    /** Whether no record comes for a while. */
    public boolean isQuiet(long millis) throws InterruptedException {
        if (!records.isEmpty()) {
            return false;
        }
        Optional<PredictRequest> message = in.poll(millis, TimeUnit.MILLISECONDS);
        message = message == null ? Optional.empty() : message;
        message.ifPresent(this::take);
        return message.isEmpty();
    }

    /** Answers a record with its own text, in brackets. */
    public ScriptedStream answer(Record... answered) {
        ResultBatch.Builder batch = ResultBatch.newBuilder();
        for (Record record : answered) {
            batch.addResults(
                    Result.newBuilder()
                            .setSequence(record.getSequence())
                            .setText("[" + record.getText() + "]")
                            .setAttempts(1));
        }
        return send(PredictResponse.newBuilder().setResults(batch));
    }

    public ScriptedStream answer(List<Record> answered) {
        return answer(answered.toArray(new Record[0]));
    }

    /** Answers all that comes. */
    public void echo() throws InterruptedException {
        while (true) {
            answer(record());
        }
    }

    public ScriptedStream error(Record record, Reason reason) {
        RecordError.Builder error = RecordError.newBuilder().setReason(reason).setMessage("said");
        return result(Result.newBuilder().setSequence(record.getSequence()).setError(error));
    }

    public ScriptedStream result(Result.Builder result) {
        return send(
                PredictResponse.newBuilder()
                        .setResults(ResultBatch.newBuilder().addResults(result)));
    }

    public ScriptedStream window(int records) {
        return send(
                PredictResponse.newBuilder()
                        .setWindowUpdate(
                                WindowUpdate.newBuilder().setWindow(window(records, 16 << 20))));
    }

    private static Window window(int records, long bytes) {
        return Window.newBuilder().setRecords(records).setBytes(bytes).build();
    }

    public ScriptedStream drain(long last) {
        return send(
                PredictResponse.newBuilder().setDrain(Drain.newBuilder().setLastSequence(last)));
    }

    public ScriptedStream ping(long id) {
        return send(PredictResponse.newBuilder().setPing(Ping.newBuilder().setId(id)));
    }

    public synchronized ScriptedStream send(PredictResponse.Builder message) {
        if (ended) {
            throw new Over();
        }
        try {
            out.onNext(message.build());
        } catch (IllegalStateException | io.grpc.StatusRuntimeException e) {
            throw new Over();
        }
        return this;
    }

    /** Ends the stream. */
    public synchronized void end(Status status) {
        ended = true;
        if (status.isOk()) {
            out.onCompleted();
        } else {
            out.onError(status.asRuntimeException());
        }
    }

    public synchronized void end(Throwable status) {
        ended = true;
        out.onError(status);
    }

    synchronized void endIfOpen(Status status) {
        if (!ended) {
            end(status);
        }
    }
}
