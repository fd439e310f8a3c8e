package io.github.weirml.client;

import com.google.protobuf.Duration;
import io.github.weirml.v1.Client;
import io.github.weirml.v1.PredictStart;
import io.github.weirml.v1.Window;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Converts between this package and the contract. */
final class Wire {
    /** No server takes a larger record: its own bound can be set to 3 MiB at most. */
    static final long MAX_RECORD_BYTES = 4 << 20;

    private static final long MIN_RESERVE = TimeUnit.MILLISECONDS.toNanos(20);
    private static final long MAX_RESERVE = TimeUnit.SECONDS.toNanos(1);
    private static final long LEAST_TIME = TimeUnit.MILLISECONDS.toNanos(1);

    private Wire() {}

    static PredictStart start(SessionConfig config) {
        PredictStart.Builder start =
                PredictStart.newBuilder()
                        .setModel(config.model())
                        .putAllOptions(config.options())
                        .setMaxInFlight(config.maxInFlight())
                        .setOrder(
                                config.order() == Order.UNORDERED
                                        ? io.github.weirml.v1.Order.ORDER_UNORDERED
                                        : io.github.weirml.v1.Order.ORDER_RECORD)
                        .setClient(
                                Client.newBuilder()
                                        .setName(config.clientName())
                                        .setVersion(config.clientVersion()));
        if (!config.heartbeat().isZero()) {
            start.setHeartbeat(duration(config.heartbeat().toNanos()));
        }
        return start.build();
    }

    static io.github.weirml.v1.Record message(Record record) {
        io.github.weirml.v1.Record.Builder message =
                io.github.weirml.v1.Record.newBuilder().setText(record.text());
        for (Field field : record.fields()) {
            message.addFields(field(field));
        }
        return message.build();
    }

    private static io.github.weirml.v1.Field field(Field field) {
        io.github.weirml.v1.Field.Builder message =
                io.github.weirml.v1.Field.newBuilder().setName(field.name());
        return (field.isJson()
                        ? message.setJson(field.content())
                        : message.setText(field.content()))
                .build();
    }

    /** Bytes of a record as the server's window counts them. */
    static long bytes(Record record) {
        long bytes = utf8(record.text());
        for (Field field : record.fields()) {
            bytes += utf8(field.name()) + utf8(field.content());
        }
        return bytes;
    }

    private static long utf8(String text) {
        long bytes = text.length();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c >= 0x80) {
                // A pair of surrogates has four bytes: two for each.
                bytes += c < 0x800 || Character.isSurrogate(c) ? 1 : 2;
            }
        }
        return bytes;
    }

    /** What the server may take of a record's time that is left. */
    static long serverTime(long nanosLeft) {
        long reserve = Math.min(Math.max(nanosLeft / 10, MIN_RESERVE), MAX_RESERVE);
        return Math.max(nanosLeft - reserve, LEAST_TIME);
    }

    static Duration duration(long nanos) {
        long second = TimeUnit.SECONDS.toNanos(1);
        return Duration.newBuilder()
                .setSeconds(nanos / second)
                .setNanos((int) (nanos % second))
                .build();
    }

    static long nanos(Duration duration) {
        return TimeUnit.SECONDS.toNanos(duration.getSeconds()) + duration.getNanos();
    }

    /** The records of a window: one is always allowed. */
    static int windowRecords(Window window) {
        long records = Integer.toUnsignedLong(window.getRecords());
        return (int) Math.max(1, Math.min(records, Integer.MAX_VALUE));
    }

    /** The bytes of a window; a server that names none has no bound. */
    static long windowBytes(Window window) {
        return window.getBytes() <= 0 ? Long.MAX_VALUE : window.getBytes();
    }

    static Result result(io.github.weirml.v1.Result message) {
        Result.Details details = details(message);
        switch (message.getOutcomeCase()) {
            case TEXT:
                return Result.of(List.of(Field.text("", message.getText())), details);
            case JSON:
                return Result.of(List.of(Field.json("", message.getJson())), details);
            case VALUES:
                return Result.of(values(message.getValues()), details);
            case EMBEDDING:
                return Result.of(embedding(message.getEmbedding()), details);
            case ERROR:
                return Result.of(error(message.getError()), details);
            default:
                return Result.of(
                        new RecordError(
                                Reason.UNRECOGNIZED,
                                "the server answers with something that this client (version "
                                        + Versions.CLIENT
                                        + ") does not know; use a newer one",
                                false),
                        details);
        }
    }

    private static float[] embedding(io.github.weirml.v1.Embedding message) {
        float[] embedding = new float[message.getValuesCount()];
        for (int i = 0; i < embedding.length; i++) {
            embedding[i] = message.getValues(i);
        }
        return embedding;
    }

    private static List<Field> values(io.github.weirml.v1.Values values) {
        List<Field> fields = new ArrayList<>(values.getFieldsCount());
        for (io.github.weirml.v1.Field field : values.getFieldsList()) {
            fields.add(field(field));
        }
        return fields;
    }

    private static Field field(io.github.weirml.v1.Field field) {
        switch (field.getValueCase()) {
            case TEXT:
                return Field.text(field.getName(), field.getText());
            case JSON:
                return Field.json(field.getName(), field.getJson());
            default:
                return Field.ofNull(field.getName());
        }
    }

    private static RecordError error(io.github.weirml.v1.RecordError error) {
        return new RecordError(reason(error), error.getMessage(), error.getRetriable());
    }

    private static Reason reason(io.github.weirml.v1.RecordError error) {
        int number = error.getReasonValue();
        // The contract's numbers begin with 1 and stand in our order; its 0 is never sent.
        boolean known = number >= 1 && number <= Reason.INTERNAL.ordinal() + 1;
        return known ? Reason.values()[number - 1] : Reason.UNRECOGNIZED;
    }

    private static Result.Details details(io.github.weirml.v1.Result message) {
        Usage usage = null;
        if (message.hasUsage()) {
            usage =
                    new Usage(
                            message.getUsage().getPromptTokens(),
                            message.getUsage().getCompletionTokens());
        }
        return new Result.Details(
                message.getAttempts(), usage, match(message), message.getWarningsList());
    }

    private static Match match(io.github.weirml.v1.Result message) {
        switch (message.getMatch()) {
            case MATCH_INDEX:
                return Match.INDEX;
            case MATCH_POSITION:
                return Match.POSITION;
            case MATCH_SINGLE:
                return Match.SINGLE;
            default:
                return Match.NONE;
        }
    }
}
