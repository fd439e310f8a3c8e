package io.github.weirml.client;

import java.util.Collections;
import java.util.List;
import java.util.Objects;

/** What became of one record: values, an embedding or an error; one of them. Immutable. */
public final class Result {
    private final List<Field> values;
    private final float[] embedding;
    private final RecordError error;
    private final int attempts;
    private final Usage usage;
    private final Match match;
    private final List<String> warnings;

    private Result(List<Field> values, float[] embedding, RecordError error, Details details) {
        this.values = values;
        this.embedding = embedding;
        this.error = error;
        this.attempts = details.attempts;
        this.usage = details.usage;
        this.match = details.match;
        this.warnings = details.warnings;
    }

    static Result of(List<Field> values, Details details) {
        return new Result(Collections.unmodifiableList(values), null, null, details);
    }

    /** Takes the array over. */
    static Result of(float[] embedding, Details details) {
        return new Result(Collections.emptyList(), embedding, null, details);
    }

    static Result of(RecordError error, Details details) {
        return new Result(Collections.emptyList(), null, Objects.requireNonNull(error), details);
    }

    /**
     * An error found on this side of the connection; the record took part in no call that is known.
     */
    public static Result failed(Reason reason, String message, boolean retriable) {
        return of(new RecordError(reason, message, retriable), Details.NONE);
    }

    /** Whether there are values, or an embedding. */
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

    /**
     * The record's text as a vector, where the model's task is an embedding; null where it is not,
     * and on errors. A copy.
     */
    public float[] embedding() {
        return embedding == null ? null : embedding.clone();
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
        if (embedding != null) {
            return "an embedding of " + embedding.length + " numbers";
        }
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
