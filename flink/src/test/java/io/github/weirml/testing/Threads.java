package io.github.weirml.testing;

import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Looks for threads that the client has left behind. */
public final class Threads {
    /** Not netty's globalEventExecutor: it ends by itself one second after it was last needed. */
    private static final Pattern OURS =
            Pattern.compile("weir-client.*|grpc-.*|nioEventLoop.*|epollEventLoop.*");

    private static final long PATIENCE_MILLIS = 3_000;

    private Threads() {}

    /**
     * Threads of clients, or such as gRPC starts by itself, but for those that are about to end.
     */
    public static List<String> leftBehind() {
        long until = System.nanoTime() + PATIENCE_MILLIS * 1_000_000;
        for (Thread thread : clients().collect(Collectors.toList())) {
            try {
                thread.join(Math.max(1, (until - System.nanoTime()) / 1_000_000));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        return clients().map(Thread::getName).sorted().collect(Collectors.toList());
    }

    private static java.util.stream.Stream<Thread> clients() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> OURS.matcher(thread.getName()).matches());
    }
}
