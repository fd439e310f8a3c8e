package io.github.weirml.client;

import io.github.weirml.v1.InferenceServiceGrpc;
import io.github.weirml.v1.PredictRequest;
import io.github.weirml.v1.PredictResponse;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.netty.shaded.io.netty.channel.EventLoop;
import io.grpc.netty.shaded.io.netty.channel.EventLoopGroup;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What the sessions of equal clients share: a channel for each endpoint, the event loops, and a
 * thread that resolves names. May be used by several threads at once.
 */
final class Transport {
    private static final Metadata.Key<String> AUTHORIZATION =
            Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
    private static final long CLOSE_SECONDS = 5;

    private final ClientConfig config;
    private final LoopThreads threads = new LoopThreads();
    private final EventLoopGroup group;
    private final ExecutorService resolver;
    private final List<ManagedChannel> channels = new ArrayList<>();
    private final Set<StreamingSession> sessions = ConcurrentHashMap.newKeySet();
    private final AtomicInteger opened = new AtomicInteger();

    Transport(ClientConfig config) {
        Channels make = new Channels(config);
        this.config = config;
        this.group = make.group(threads);
        this.resolver = make.resolver();
        for (String endpoint : config.endpoints()) {
            channels.add(make.channel(endpoint, group, resolver));
        }
    }

    StreamingSession open(SessionConfig session, SessionListener listener) {
        StreamingSession opening = new StreamingSession(this, session, listener);
        sessions.add(opening);
        opening.begin();
        return opening;
    }

    void ended(StreamingSession session) {
        sessions.remove(session);
    }

    /** A loop for another session. */
    Loop nextLoop() {
        return new Loop(group.next());
    }

    /** The endpoint that another session tries first, so that they spread. */
    int nextEndpoint() {
        return opened.getAndIncrement();
    }

    int endpoints() {
        return channels.size();
    }

    String name(int endpoint) {
        return config.endpoints().get(endpoint);
    }

    long connectNanos() {
        return Nanos.of(config.connectTimeout());
    }

    /** What every call carries. */
    Metadata headers() {
        Metadata headers = new Metadata();
        if (config.token() != null) {
            headers.put(AUTHORIZATION, "Bearer " + config.token());
        }
        return headers;
    }

    /** A call that has not begun. It fails at once where the endpoint cannot be reached. */
    ClientCall<PredictRequest, PredictResponse> call(int endpoint, Loop loop) {
        ManagedChannel channel = channels.get(endpoint);
        if (channel.getState(false) == ConnectivityState.TRANSIENT_FAILURE) {
            channel.enterIdle(); // when to try again is ours to say, not the channel's
        }
        CallOptions options = CallOptions.DEFAULT.withExecutor(loop::execute);
        return channel.newCall(InferenceServiceGrpc.getPredictMethod(), options);
    }

    /** Ends everything. Waits for that, unless it is called on one of the loops. */
    void close() {
        sessions.forEach(StreamingSession::close);
        channels.forEach(ManagedChannel::shutdownNow);
        boolean mayWait = !isLoop();
        if (mayWait) {
            channels.forEach(channel -> Waiting.atMost(CLOSE_SECONDS, channel::awaitTermination));
        }
        resolver.shutdownNow();
        group.shutdownGracefully(
                mayWait ? 0 : 100, TimeUnit.SECONDS.toMillis(CLOSE_SECONDS), TimeUnit.MILLISECONDS);
        if (mayWait) {
            Waiting.atMost(CLOSE_SECONDS, resolver::awaitTermination);
            Waiting.atMost(CLOSE_SECONDS, group::awaitTermination);
            Waiting.atMost(CLOSE_SECONDS, threads::awaitEnd);
        }
    }

    /** Whether this thread serves the sessions, and so must not wait for them. */
    boolean isLoop() {
        boolean is = false;
        for (var executor : group) {
            is = is || executor.inEventLoop();
        }
        return is;
    }

    /** The endpoints. */
    @Override
    public String toString() {
        return config.toString();
    }

    /** One thread that owns what is given to it. */
    static final class Loop {
        private final EventLoop loop;

        private Loop(EventLoop loop) {
            this.loop = loop;
        }

        void execute(Runnable task) {
            loop.execute(task);
        }

        ScheduledFuture<?> schedule(Runnable task, long nanos) {
            return loop.schedule(task, nanos, TimeUnit.NANOSECONDS);
        }

        ScheduledFuture<?> scheduleEvery(Runnable task, long nanos) {
            return loop.scheduleWithFixedDelay(task, nanos, nanos, TimeUnit.NANOSECONDS);
        }
    }
}
