package io.github.weirml.flink;

import io.github.weirml.client.Record;
import java.io.Serializable;
import org.apache.flink.annotation.PublicEvolving;

/** Makes the record that the model sees from a row of the stream. Runs on the task's thread. */
@PublicEvolving
@FunctionalInterface
public interface ToRecord<IN> extends Serializable {

    /**
     * Returns the record of {@code in}, or null if it has none: then the model is not asked, and
     * the result is an error with {@link io.github.weirml.client.Reason#INVALID_RECORD}. What this
     * throws fails the job.
     */
    Record record(IN in) throws Exception;
}
