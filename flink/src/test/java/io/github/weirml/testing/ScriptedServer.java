package io.github.weirml.testing;

import io.github.weirml.v1.InferenceServiceGrpc;
import io.github.weirml.v1.PredictRequest;
import io.github.weirml.v1.PredictResponse;
import io.grpc.Attributes;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerTransportFilter;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.netty.shaded.io.netty.channel.EventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.nio.NioEventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.socket.nio.NioServerSocketChannel;
import io.grpc.netty.shaded.io.netty.util.concurrent.DefaultThreadFactory;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A gRPC server on 127.0.0.1 that does on each stream what the test's script says. A script runs in
 * a thread of its own, from top to bottom.
 */
public final class ScriptedServer implements AutoCloseable {

    /** What the server does on one stream. Its end is no end of the stream. */
    public interface Script {
        void run(ScriptedStream stream) throws Exception;
    }

    private final Script script;
    private final int port;
    private final File[] tls;
    private final ExecutorService scripts =
            Executors.newCachedThreadPool(new DefaultThreadFactory("scripted-server", true));
    private final AtomicInteger streams = new AtomicInteger();
    private final AtomicInteger connections = new AtomicInteger();
    private final List<Metadata> headers = new CopyOnWriteArrayList<>();
    private final List<Throwable> failures = new CopyOnWriteArrayList<>();
    private EventLoopGroup group;
    private Server server;

    /** Starts one on any free port. */
    public ScriptedServer(Script script) {
        this(WeirProcess.freePort(), script);
    }

    /** Starts one on that port; with a certificate and its key if there are any. */
    public ScriptedServer(int port, Script script, File... tls) {
        this.port = port;
        this.script = script;
        this.tls = tls;
        start();
    }

    /** Starts it again after {@link #crash}. */
    public void start() {
        group = new NioEventLoopGroup(2, new DefaultThreadFactory("scripted-server-io", true));
        NettyServerBuilder builder =
                NettyServerBuilder.forAddress(
                                new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
                        .bossEventLoopGroup(group)
                        .workerEventLoopGroup(group)
                        .channelType(NioServerSocketChannel.class)
                        .executor(scripts)
                        .maxInboundMessageSize(16 << 20)
                        .permitKeepAliveTime(1, TimeUnit.SECONDS)
                        .addTransportFilter(new Connections())
                        .intercept(new Headers())
                        .addService(new Service());
        if (tls.length > 0) {
            builder.useTransportSecurity(tls[0], tls[1]);
        }
        try {
            server = builder.build().start();
        } catch (IOException e) {
            group.shutdownGracefully(0, 5, TimeUnit.SECONDS);
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Breaks all connections, and lets nobody in. The port is free afterwards.
     *
     * <p>The event loops end with it: a selector holds a closed socket open until it selects again,
     * and a start before that would find the port in use.
     */
    public void crash() {
        server.shutdownNow();
        try {
            server.awaitTermination(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        group.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly();
    }

    public String endpoint() {
        return "127.0.0.1:" + port;
    }

    /** Streams that were ever opened. */
    public int streams() {
        return streams.get();
    }

    /** Connections that are open. */
    public int connections() {
        return connections.get();
    }

    /** Headers of the calls, in their order. */
    public List<Metadata> headers() {
        return headers;
    }

    /** What went wrong in scripts; an end of the stream under a script's feet does not. */
    public List<Throwable> failures() {
        return failures;
    }

    @Override
    public void close() {
        crash();
        scripts.shutdownNow();
    }

    private final class Service extends InferenceServiceGrpc.InferenceServiceImplBase {
        @Override
        public StreamObserver<PredictRequest> predict(StreamObserver<PredictResponse> out) {
            ServerCallStreamObserver<PredictResponse> call =
                    (ServerCallStreamObserver<PredictResponse>) out;
            call.disableAutoRequest();
            call.request(1);
            ScriptedStream stream = new ScriptedStream(streams.incrementAndGet(), call);
            scripts.execute(() -> play(stream));
            return stream.input();
        }
    }

    private void play(ScriptedStream stream) {
        try {
            script.run(stream);
        } catch (ScriptedStream.Over | InterruptedException e) {
            // The client or the server has ended the stream.
        } catch (Exception | AssertionError e) {
            failures.add(e);
            stream.endIfOpen(io.grpc.Status.INTERNAL.withDescription("the script failed: " + e));
        }
    }

    private final class Connections extends ServerTransportFilter {
        @Override
        public Attributes transportReady(Attributes attributes) {
            connections.incrementAndGet();
            return attributes;
        }

        @Override
        public void transportTerminated(Attributes attributes) {
            connections.decrementAndGet();
        }
    }

    private final class Headers implements ServerInterceptor {
        @Override
        public <Q, P> ServerCall.Listener<Q> interceptCall(
                ServerCall<Q, P> call, Metadata metadata, ServerCallHandler<Q, P> next) {
            headers.add(metadata);
            return next.startCall(call, metadata);
        }
    }
}
