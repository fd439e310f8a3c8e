package io.github.weirml.client;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;

/**
 * One input row: a text, or fields, or both. Immutable.
 *
 * <p>The server refuses a record with neither, one of more than 64 fields, and one that is larger
 * than its {@code limits.max_record_bytes} (1 MiB by default); that is then the record's error.
 *
 * <p>Import it by its name: with {@code client.*} alone it could also be {@code java.lang.Record}.
 */
public final class Record {
    private final String text;
    private final List<Field> fields;
    private final Duration timeout;

    private Record(String text, List<Field> fields, Duration timeout) {
        this.text = text;
        this.fields = fields;
        this.timeout = timeout;
    }

    /** A record that is one text. */
    public static Record of(String text) {
        return new Record(Objects.requireNonNull(text, "text"), Collections.emptyList(), null);
    }

    /** A record of named columns, in the order in which the prompt shows them. */
    public static Record of(List<Field> fields) {
        return new Record("", Collections.unmodifiableList(new ArrayList<>(fields)), null);
    }

    /**
     * The same record with a time of its own instead of {@link SessionConfig#recordTimeout()}.
     *
     * @param timeout from {@link PredictSession#predict} to the result, more than zero
     */
    public Record withTimeout(Duration timeout) {
        Checks.positive(timeout, "timeout");
        return new Record(text, fields, timeout);
    }

    /** The text; empty if there is none. */
    public String text() {
        return text;
    }

    /** The columns; empty if there are none. */
    public List<Field> fields() {
        return fields;
    }

    /** The record's own time, or null: that of the session holds. */
    public Duration timeout() {
        return timeout;
    }

    /** Says how large the record is, not what is in it: that may be private. */
    @Override
    public String toString() {
        return "record of " + text.length() + " characters and " + fields.size() + " fields";
    }
}
