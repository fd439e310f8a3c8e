package io.github.weirml.client;

import java.util.Collections;
import java.util.List;
import java.util.Objects;

/** What became of one record: values or an error, never both, never neither. Immutable. */
public final class Result {
    private final List<Field> values;
    private final RecordError error;
    private final int attempts;
    private final Usage usage;
    private final Match match;
    private final List<String> warnings;

    private Result(List<Field> values, RecordError error, Details details) {
        this.values = values;
        this.error = error;
        this.attempts = details.attempts;
        this.usage = details.usage;
        this.match = details.match;
        this.warnings = details.warnings;
    }

    static Result of(List<Field> values, Details details) {
        return new Result(Collections.unmodifiableList(values), null, details);
    }

    static Result of(RecordError error, Details details) {
        return new Result(Collections.emptyList(), Objects.requireNonNull(error), details);
    }

    /**
     * An error found on this side of the connection; the record took part in no call that is known.
     */
    public static Result failed(Reason reason, String message, boolean retriable) {
        return of(new RecordError(reason, message, retriable), Details.NONE);
    }

    /** Whether there are values. */
    public boolean isValue() {
        return error == null;
    }

    /**
     * The values: one without a name, or those of {@code response.value.field} in its order where
     * that is a list. Empty on errors.
     */
    public List<Field> values() {
        return values;
    }

    /** The value of that name, or null. */
    public Field value(String name) {
        for (Field value : values) {
            if (value.name().equals(name)) {
                return value;
            }
        }
        return null;
    }

    /** Why there is no value; null if there is. */
    public RecordError error() {
        return error;
    }

    /** Model calls that the record took part in, repeated ones included; 0: it reached no model. */
    public int attempts() {
        return attempts;
    }

    /** The record's share of the tokens; null if the provider reported none. */
    public Usage usage() {
        return usage;
    }

    /** How the answer found the record; {@link Match#NONE} on errors. */
    public Match match() {
        return match;
    }

    /** What a careful reader should know, in English, without record text. Mostly empty. */
    public List<String> warnings() {
        return warnings;
    }

    /** Says what kind of result this is, without the values: those may be private. */
    @Override
    public String toString() {
        return isValue() ? values.size() + " values" : error.toString();
    }

    /** What a result says besides its outcome. */
    static final class Details {
        static final Details NONE = new Details(0, null, Match.NONE, Collections.emptyList());

        final int attempts;
        final Usage usage;
        final Match match;
        final List<String> warnings;

        Details(int attempts, Usage usage, Match match, List<String> warnings) {
            this.attempts = attempts;
            this.usage = usage;
            this.match = match;
            this.warnings = Collections.unmodifiableList(warnings);
        }
    }
}
