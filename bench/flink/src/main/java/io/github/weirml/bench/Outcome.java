package io.github.weirml.bench;

import java.util.List;

/**
 * What came of a job.
 *
 * @param planningMillis from the SQL text to the first row that reaches ML_PREDICT
 * @param wallMillis from that row to the last result
 * @param cpuMillis what this process used meanwhile, of user and system together
 * @param labels of row 0, 1, …; null where there is none
 * @param errors of rows with one: the row's number, a colon, the error
 * @param twice rows that came out more than once
 * @param error why the job failed; null if it did not
 */
record Outcome(
        double planningMillis,
        double wallMillis,
        double cpuMillis,
        List<String> labels,
        List<String> errors,
        int twice,
        String error) {

    static Outcome failed(Throwable why) {
        StringBuilder all = new StringBuilder();
        for (Throwable cause = why; cause != null; cause = cause.getCause()) {
            all.append(cause).append("; ");
        }
        return new Outcome(0, 0, 0, List.of(), List.of(), 0, all.toString());
    }
}
