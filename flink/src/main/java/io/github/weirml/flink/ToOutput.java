package io.github.weirml.flink;

import io.github.weirml.client.Result;
import java.io.Serializable;
import org.apache.flink.annotation.PublicEvolving;

/** Makes the output from a row of the stream and its result. Runs on the task's thread. */
@PublicEvolving
@FunctionalInterface
public interface ToOutput<IN, OUT> extends Serializable {

    /**
     * Returns the output of {@code in}, or null for none. What this throws fails the job.
     *
     * @param result values, or with {@link OnError#EMIT} perhaps an error
     */
    OUT output(IN in, Result result) throws Exception;
}
