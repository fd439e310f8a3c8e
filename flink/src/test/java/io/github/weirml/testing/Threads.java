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

    /** Threads of the client, or such as gRPC and netty start by themselves. */
    public static List<String> ofClients() {
        return clients().map(Thread::getName).sorted().collect(Collectors.toList());
    }

    /** The same, once those that are about to end have done so. */
    public static List<String> leftBehind() {
        long until = System.nanoTime() + PATIENCE_MILLIS * 1_000_000;
        for (Thread thread : clients().collect(Collectors.toList())) {
            try {
                thread.join(Math.max(1, (until - System.nanoTime()) / 1_000_000));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        return ofClients();
    }

    private static java.util.stream.Stream<Thread> clients() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> OURS.matcher(thread.getName()).matches());
    }
}
