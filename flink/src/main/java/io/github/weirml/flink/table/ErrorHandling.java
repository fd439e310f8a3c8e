package io.github.weirml.flink.table;

import org.apache.flink.annotation.PublicEvolving;

/** What becomes of a row whose record has no answer. */
@PublicEvolving
public enum ErrorHandling {
    /** Its value columns are NULL; the error column, if there is one, says why. */
    NULL,
    /** The job fails. */
    FAIL,
    /** The row is left out, and counted in the metric {@code recordsDropped}. */
    DROP
}
