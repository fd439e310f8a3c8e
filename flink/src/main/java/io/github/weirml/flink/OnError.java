package io.github.weirml.flink;

import org.apache.flink.annotation.PublicEvolving;

/** What becomes of a row whose record has no value. */
@PublicEvolving
public enum OnError {
    /** {@link ToOutput} gets the error and says what is emitted. */
    EMIT,
    /** The job fails; a restart asks for the record again. */
    FAIL,
    /** Nothing is emitted; the metric {@code recordsDropped} counts. */
    DROP
}
