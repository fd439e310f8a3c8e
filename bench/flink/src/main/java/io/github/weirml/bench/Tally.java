package io.github.weirml.bench;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * What the job that runs has seen so far. The job runs in this very process, so its source and its
 * sink reach it as {@link #current}.
 */
final class Tally {
    private static final OperatingSystemMXBean SYSTEM =
            (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

    private static final AtomicReference<Tally> CURRENT = new AtomicReference<>();

    private final Job job;
    private final long asked = System.nanoTime();
    private final AtomicBoolean begun = new AtomicBoolean();
    private final AtomicInteger missing;
    private final AtomicReferenceArray<String> labels;
    private final AtomicReferenceArray<String> errors;
    private final AtomicIntegerArray seen;
    private final AtomicInteger twice = new AtomicInteger();
    private volatile long first;
    private volatile long firstCpu;
    private volatile long last;
    private volatile long lastCpu;

    private Tally(Job job) {
        this.job = job;
        int rows = job.rows();
        missing = new AtomicInteger(rows);
        labels = new AtomicReferenceArray<>(rows);
        errors = new AtomicReferenceArray<>(rows);
        seen = new AtomicIntegerArray(rows);
    }

    static Tally begin(Job job) {
        Tally tally = new Tally(job);
        CURRENT.set(tally);
        return tally;
    }

    static Tally current() {
        return CURRENT.get();
    }

    String text(long row) {
        return job.texts().getOrDefault(row, Reviews.text(row));
    }

    /** A row leaves the source. */
    void in() {
        if (!begun.get() && begun.compareAndSet(false, true)) {
            firstCpu = SYSTEM.getProcessCpuTime();
            first = System.nanoTime();
        }
    }

    /** A row reaches the sink. */
    void out(int row, String label, String error) {
        if (seen.incrementAndGet(row) > 1) {
            twice.incrementAndGet();
            return;
        }
        labels.set(row, label);
        errors.set(row, error);
        if (missing.decrementAndGet() == 0) {
            last = System.nanoTime();
            lastCpu = SYSTEM.getProcessCpuTime();
        }
    }

    Outcome outcome() {
        if (missing.get() > 0) {
            throw new IllegalStateException(missing.get() + " rows are lost");
        }
        return new Outcome(
                (first - asked) / 1e6,
                (last - first) / 1e6,
                (lastCpu - firstCpu) / 1e6,
                list(labels),
                errorList(),
                twice.get(),
                null);
    }

    private static List<String> list(AtomicReferenceArray<String> all) {
        String[] copy = new String[all.length()];
        Arrays.setAll(copy, all::get);
        return Arrays.asList(copy);
    }

    private List<String> errorList() {
        List<String> all = new ArrayList<>();
        for (int row = 0; row < errors.length(); row++) {
            if (errors.get(row) != null) {
                all.add(row + ": " + errors.get(row));
            }
        }
        return all;
    }
}
