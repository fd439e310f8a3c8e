package io.github.weirml.flink;

import io.github.weirml.client.ClientConfig;
import io.github.weirml.client.Order;
import io.github.weirml.client.Reason;
import io.github.weirml.client.Record;
import io.github.weirml.client.RecordError;
import io.github.weirml.client.Result;
import io.github.weirml.client.SessionConfig;
import io.github.weirml.flink.internal.RecordTime;
import io.github.weirml.flink.internal.SubtaskSession;
import java.time.Duration;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.apache.flink.annotation.PublicEvolving;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.typeinfo.TypeHint;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.java.typeutils.ResultTypeQueryable;
import org.apache.flink.streaming.api.datastream.AsyncDataStream;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.functions.async.ResultFuture;
import org.apache.flink.streaming.api.functions.async.RichAsyncFunction;
import org.apache.flink.util.FlinkRuntimeException;

/**
 * Asks a model of weir for each row of a stream, in batches.
 *
 * <pre>{@code
 * DataStream<String> labels =
 *         WeirAsyncFunction.<Review, String>builder()
 *                 .endpoints("weir-1:9347,weir-2:9347")
 *                 .model("sentiment")
 *                 .option("batch.size", "20")
 *                 .capacity(200)
 *                 .record(review -> Record.of(review.text))
 *                 .output((review, result) -> result.isValue() ? result.values().get(0).content() : null)
 *                 .returns(String.class)
 *                 .unorderedWait(reviews);
 * }</pre>
 *
 * <p>Every row gets one result, a value or a typed error, before Flink's timeout: a record's own
 * time is shorter, reconnects included. Subtasks share connections; each has one stream, on which
 * at most {@link Builder#capacity} records are unanswered. After a restart of the job the model is
 * asked again for every row that was not emitted at the last checkpoint.
 *
 * <p>With {@link AsyncDataStream} itself, give it {@link #timeout()} and {@link #capacity()}, and
 * no retry strategy: weir and its client repeat what can be repeated.
 */
@PublicEvolving
public final class WeirAsyncFunction<IN, OUT> extends RichAsyncFunction<IN, OUT>
        implements ResultTypeQueryable<OUT> {
    private static final long serialVersionUID = 1L;
    private static final Result NO_RECORD =
            Result.failed(Reason.INVALID_RECORD, "the row has no record", false);

    private final ClientConfig client;
    private final SessionConfig session;
    private final Duration timeout;
    private final OnError onError;
    private final ToRecord<IN> record;
    private final ToOutput<IN, OUT> output;
    private final TypeInformation<OUT> type;
    private transient SubtaskSession subtask;

    private WeirAsyncFunction(Builder<IN, OUT> b) {
        this.client = b.client;
        this.session = b.session();
        this.timeout = b.timeout;
        this.onError = b.onError;
        this.record = Builder.set(b.record, "record(…)");
        this.output = Builder.set(b.output, "output(…)");
        this.type = Builder.set(b.type, "returns(…)");
    }

    /** A builder with the defaults that its methods name. */
    public static <IN, OUT> Builder<IN, OUT> builder() {
        return new Builder<>();
    }

    /** See {@link Builder#timeout}. */
    public Duration timeout() {
        return timeout;
    }

    /** See {@link Builder#capacity}. */
    public int capacity() {
        return session.maxInFlight();
    }

    @Override
    public TypeInformation<OUT> getProducedType() {
        return type;
    }

    /**
     * Waits until the server has accepted the session; fails the job, and says why, if it does not.
     */
    @Override
    public void open(OpenContext context) throws Exception {
        subtask = SubtaskSession.open(client, session, getRuntimeContext());
    }

    @Override
    public void close() {
        if (subtask != null) {
            subtask.close();
        }
    }

    @Override
    public void asyncInvoke(IN in, ResultFuture<OUT> future) throws Exception {
        Record made = record.record(in);
        if (made == null) {
            subtask.metrics().recordNotSent(NO_RECORD);
            complete(in, NO_RECORD, future);
            return;
        }
        subtask.predict(made)
                .whenComplete(
                        (result, failure) -> {
                            if (failure == null) {
                                complete(in, result, future);
                            } else {
                                fail(failure, future);
                            }
                        });
    }

    /**
     * The row gets an error. Only if Flink was given a shorter timeout than this function: a
     * record's own time is over before {@link #timeout()}.
     */
    @Override
    public void timeout(IN in, ResultFuture<OUT> future) {
        String text = "Flink's timeout came before the record's; give AsyncDataStream ";
        complete(
                in,
                Result.failed(Reason.DEADLINE_EXCEEDED, text + timeout + " or more", true),
                future);
    }

    private void complete(IN in, Result result, ResultFuture<OUT> future) {
        future.complete(() -> outputs(in, result));
    }

    /** Not by completeExceptionally: Flink would put the whole row into the log. */
    private static void fail(Throwable why, ResultFuture<?> future) {
        future.complete(
                () -> {
                    throw new FlinkRuntimeException(why.getMessage(), why);
                });
    }

    private Collection<OUT> outputs(IN in, Result result) throws Exception {
        if (!result.isValue() && onError == OnError.FAIL) {
            throw new FlinkRuntimeException(failure(result.error()));
        }
        if (!result.isValue() && onError == OnError.DROP) {
            subtask.metrics().recordDropped();
            return Collections.emptyList();
        }
        OUT made = output.output(in, result);
        return made == null ? Collections.emptyList() : Collections.singletonList(made);
    }

    private String failure(RecordError error) {
        return "A record has no value, and onError is FAIL. Model \""
                + session.model()
                + "\" of weir at "
                + client
                + ": "
                + error;
    }

    /** Makes a {@link WeirAsyncFunction}. Not for several threads at once. */
    @PublicEvolving
    public static final class Builder<IN, OUT> {
        private ClientConfig client = ClientConfig.builder().build();
        private String model = "";
        private final Map<String, String> options = new LinkedHashMap<>();
        private int capacity = 100;
        private Duration timeout = Duration.ofMinutes(3);
        private Duration startTimeout = Duration.ofSeconds(30);
        private Order order = Order.RECORD;
        private OnError onError = OnError.EMIT;
        private ToRecord<IN> record;
        private ToOutput<IN, OUT> output;
        private TypeInformation<OUT> type;

        private Builder() {}

        /** Where the servers are; see {@link ClientConfig.Builder#endpoints(String)}. */
        public Builder<IN, OUT> endpoints(String list) {
            return client(ClientConfig.builder().endpoints(list).build());
        }

        /**
         * The same with TLS, a token and more. Default: {@value ClientConfig#DEFAULT_ENDPOINT}
         * without TLS.
         */
        public Builder<IN, OUT> client(ClientConfig client) {
            this.client = Objects.requireNonNull(client, "client");
            return this;
        }

        /** Name of the model on the server. Default empty: the server's only one. */
        public Builder<IN, OUT> model(String model) {
            this.model = Objects.requireNonNull(model, "model");
            return this;
        }

        /** An option over that of the model, such as {@code batch.size}. */
        public Builder<IN, OUT> option(String name, String value) {
            options.put(
                    Objects.requireNonNull(name, "option"), Objects.requireNonNull(value, name));
            return this;
        }

        /** Several options; added to earlier ones. */
        public Builder<IN, OUT> options(Map<String, String> options) {
            options.forEach(this::option);
            return this;
        }

        /**
         * Most records in flight of a subtask, at least 1. Default 100. Best a multiple of {@code
         * batch.size}, two or more: batches fill from it.
         */
        public Builder<IN, OUT> capacity(int records) {
            if (records < 1) {
                throw new IllegalArgumentException("capacity is " + records + "; at least 1");
            }
            this.capacity = records;
            return this;
        }

        /**
         * Flink's time for a row. Default 3 min, at least 100 ms. The record's own time is a sixth
         * shorter, at most 30 s: so its error comes first.
         */
        public Builder<IN, OUT> timeout(Duration timeout) {
            RecordTime.within(timeout);
            this.timeout = timeout;
            return this;
        }

        /** Longest wait for a server when a subtask starts. Default 30 s. */
        public Builder<IN, OUT> startTimeout(Duration timeout) {
            this.startTimeout = Objects.requireNonNull(timeout, "startTimeout");
            return this;
        }

        /**
         * In which order the server sends results. {@link #orderedWait} and {@link #unorderedWait}
         * set it; with {@link AsyncDataStream} itself say {@link Order#UNORDERED} for its
         * unorderedWait. Default {@link Order#RECORD}.
         */
        public Builder<IN, OUT> order(Order order) {
            this.order = Objects.requireNonNull(order, "order");
            return this;
        }

        /** What becomes of a row whose record has no value. Default {@link OnError#EMIT}. */
        public Builder<IN, OUT> onError(OnError onError) {
            this.onError = Objects.requireNonNull(onError, "onError");
            return this;
        }

        /** What the model sees of a row. Required. */
        public Builder<IN, OUT> record(ToRecord<IN> record) {
            this.record = Objects.requireNonNull(record, "record");
            return this;
        }

        /** What is emitted for a row and its result. Required. */
        public Builder<IN, OUT> output(ToOutput<IN, OUT> output) {
            this.output = Objects.requireNonNull(output, "output");
            return this;
        }

        /** Type of what is emitted. Required, here or as a hint or a description. */
        public Builder<IN, OUT> returns(Class<OUT> type) {
            return returns(TypeInformation.of(type));
        }

        /** The same for a generic type: {@code new TypeHint<Tuple2<String, String>>() {}}. */
        public Builder<IN, OUT> returns(TypeHint<OUT> type) {
            return returns(TypeInformation.of(type));
        }

        /** The same as Flink describes types. */
        public Builder<IN, OUT> returns(TypeInformation<OUT> type) {
            this.type = Objects.requireNonNull(type, "type");
            return this;
        }

        /**
         * The function, for {@link AsyncDataStream}.
         *
         * @throws IllegalStateException if something that is required is missing
         */
        public WeirAsyncFunction<IN, OUT> build() {
            return new WeirAsyncFunction<>(this);
        }

        /** The results in the order of the rows. */
        public SingleOutputStreamOperator<OUT> orderedWait(DataStream<IN> rows) {
            return AsyncDataStream.orderedWait(
                    rows,
                    order(Order.RECORD).build(),
                    timeout.toMillis(),
                    TimeUnit.MILLISECONDS,
                    capacity);
        }

        /** The results as they come, but not past a watermark. */
        public SingleOutputStreamOperator<OUT> unorderedWait(DataStream<IN> rows) {
            return AsyncDataStream.unorderedWait(
                    rows,
                    order(Order.UNORDERED).build(),
                    timeout.toMillis(),
                    TimeUnit.MILLISECONDS,
                    capacity);
        }

        private static <T> T set(T value, String method) {
            if (value == null) {
                throw new IllegalStateException("WeirAsyncFunction needs " + method);
            }
            return value;
        }

        private SessionConfig session() {
            return SessionConfig.builder()
                    .model(model)
                    .options(options)
                    .maxInFlight(capacity)
                    .order(order)
                    .recordTimeout(RecordTime.within(timeout))
                    .startTimeout(startTimeout)
                    .build();
        }
    }
}
