package io.github.weirml.flink.table;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Says while a query is planned that its batches cannot fill. */
final class Sizing {
    private static final Logger LOG = LoggerFactory.getLogger(Sizing.class);

    /** A query is planned several times; each warning is logged once. */
    private static final Set<String> TOLD = ConcurrentHashMap.newKeySet();

    private static final int MOST_TOLD = 1_000;

    private Sizing() {}

    /**
     * Warns if need be.
     *
     * @param capacity rows of a subtask in flight at most
     * @param option Flink's option that says so
     */
    static void warn(WeirSettings settings, int capacity, String option) {
        String size = settings.serverOption(WeirOptions.BATCH_SIZE);
        boolean shared = "model".equals(settings.serverOption(WeirOptions.BATCH_SCOPE));
        if (size == null || !size.trim().matches("[0-9]{1,6}") || shared) {
            return; // The server warns, where it is known only there.
        }
        String warning = warning(Integer.parseInt(size.trim()), capacity, option);
        if (warning != null && TOLD.size() < MOST_TOLD && TOLD.add(settings.model() + warning)) {
            LOG.warn("weir, model {}: {}", settings.model(), warning);
        }
    }

    /** What is wrong with a batch size for that capacity; null: nothing. */
    static String warning(int size, int capacity, String option) {
        if (size > capacity) {
            return String.format(
                    "'batch.size' is %d, but a subtask has at most %d rows in flight ('%s'), so no"
                            + " batch has more. Set '%s' to %d or a multiple of it, or"
                            + " 'batch.scope' to 'model' so that subtasks share batches (the"
                            + " operator has to open that)",
                    size, capacity, option, option, size);
        }
        if (size > 0 && capacity % size != 0) {
            int less = capacity - capacity % size;
            return String.format(
                    "'%s' is %d, no multiple of 'batch.size', %d: batches are smaller, or %d rows of"
                            + " it wait. Set it to %d or %d, unless the rest is room for"
                            + " watermarks, which take places too",
                    option, capacity, size, capacity % size, less, less + size);
        }
        return null;
    }
}
