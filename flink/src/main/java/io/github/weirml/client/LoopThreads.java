package io.github.weirml.client;

import io.grpc.netty.shaded.io.netty.util.concurrent.DefaultThreadFactory;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;

/**
 * The threads of the event loops. netty says that a group has ended a moment before its threads
 * have; in that moment they still load classes, and the class loader may be closed by then.
 */
final class LoopThreads implements ThreadFactory {
    private final ThreadFactory factory = new DefaultThreadFactory("weir-client-io", true);
    private final List<Thread> threads = new CopyOnWriteArrayList<>();

    @Override
    public Thread newThread(Runnable loop) {
        Thread thread = factory.newThread(loop);
        threads.add(thread);
        return thread;
    }

    /** Waits for all of them; the result says whether they have ended. */
    boolean awaitEnd(long time, TimeUnit unit) throws InterruptedException {
        long until = System.nanoTime() + unit.toNanos(time);
        for (Thread thread : threads) {
            TimeUnit.NANOSECONDS.timedJoin(thread, until - System.nanoTime());
        }
        return threads.stream().noneMatch(Thread::isAlive);
    }
}
