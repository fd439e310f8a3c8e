package io.github.weirml.client;

import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.netty.channel.Channel;
import io.grpc.netty.shaded.io.netty.channel.ChannelOption;
import io.grpc.netty.shaded.io.netty.channel.EventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.epoll.Epoll;
import io.grpc.netty.shaded.io.netty.channel.epoll.EpollEventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.epoll.EpollSocketChannel;
import io.grpc.netty.shaded.io.netty.channel.nio.NioEventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.socket.nio.NioSocketChannel;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslContext;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslContextBuilder;
import io.grpc.netty.shaded.io.netty.util.concurrent.DefaultPromise;
import io.grpc.netty.shaded.io.netty.util.concurrent.DefaultThreadFactory;
import io.grpc.netty.shaded.io.netty.util.concurrent.GlobalEventExecutor;
import java.io.File;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;
import javax.net.ssl.SSLException;

/** Makes channels and their threads: the one place where the connection's settings are. */
final class Channels {
    private static final int WINDOW_BYTES = 1 << 20;
    private static final int MAX_MESSAGE_BYTES = 32 << 20;
    private static final long KEEPALIVE_SECONDS = 30;
    private static final long KEEPALIVE_TIMEOUT_SECONDS = 20;

    /**
     * What gRPC logs of its own accord: a stack trace for each try to connect. Callers are told by
     * their listener. In the jar the package is relocated, so this is no other gRPC's log; who has
     * given it a level keeps that. A field, because the log manager would forget it.
     */
    private static final Logger GRPC = Logger.getLogger(ManagedChannel.class.getPackageName());

    static {
        if (GRPC.getLevel() == null) {
            GRPC.setLevel(Level.SEVERE);
        }
    }

    private final ClientConfig config;
    private final SslContext tls;

    Channels(ClientConfig config) {
        this.config = config;
        this.tls = config.tls() == null ? null : tls(config.tls());
    }

    /** Event loops of our own: gRPC's default ones outlive the client. */
    EventLoopGroup group(ThreadFactory threads) {
        loadWhatTheEndNeeds();
        return Epoll.isAvailable()
                ? new EpollEventLoopGroup(config.ioThreads(), threads)
                : new NioEventLoopGroup(config.ioThreads(), threads);
    }

    /**
     * A group ends with a notification on netty's global thread, which nobody can wait for. Its
     * classes are loaded now: then the class loader may be closed.
     */
    private static void loadWhatTheEndNeeds() {
        new DefaultPromise<Void>(GlobalEventExecutor.INSTANCE)
                .addListener(end -> {})
                .setSuccess(null);
    }

    /** One thread, while there are names to resolve. */
    ExecutorService resolver() {
        ThreadPoolExecutor resolver =
                new ThreadPoolExecutor(
                        1,
                        1,
                        1,
                        TimeUnit.SECONDS,
                        new LinkedBlockingQueue<>(),
                        new DefaultThreadFactory("weir-client-names", true));
        resolver.allowCoreThreadTimeOut(true);
        return resolver;
    }

    ManagedChannel channel(String endpoint, EventLoopGroup group, ExecutorService resolver) {
        NettyChannelBuilder builder =
                NettyChannelBuilder.forTarget(Endpoint.target(endpoint))
                        .eventLoopGroup(group)
                        .channelType(socketType())
                        .directExecutor()
                        .offloadExecutor(resolver)
                        .withOption(ChannelOption.CONNECT_TIMEOUT_MILLIS, connectMillis())
                        .keepAliveTime(KEEPALIVE_SECONDS, TimeUnit.SECONDS)
                        .keepAliveTimeout(KEEPALIVE_TIMEOUT_SECONDS, TimeUnit.SECONDS)
                        .flowControlWindow(WINDOW_BYTES)
                        .maxInboundMessageSize(MAX_MESSAGE_BYTES)
                        .disableRetry()
                        .defaultLoadBalancingPolicy(
                                Endpoint.isDns(endpoint) ? "round_robin" : "pick_first")
                        .userAgent("weir-java/" + Versions.CLIENT);
        return secure(builder).build();
    }

    /** Waits for the one thread of netty that is not ours to end. */
    static boolean awaitThreads(Duration atMost) {
        try {
            return GlobalEventExecutor.INSTANCE.awaitInactivity(
                    Nanos.of(atMost), TimeUnit.NANOSECONDS);
        } catch (IllegalStateException e) {
            return true; // it has never begun
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private NettyChannelBuilder secure(NettyChannelBuilder builder) {
        if (tls == null) {
            return builder.usePlaintext();
        }
        String name = config.tls().serverName();
        return (name == null ? builder : builder.overrideAuthority(name)).sslContext(tls);
    }

    private int connectMillis() {
        return (int) Math.min(config.connectTimeout().toMillis(), Integer.MAX_VALUE);
    }

    private static Class<? extends Channel> socketType() {
        return Epoll.isAvailable() ? EpollSocketChannel.class : NioSocketChannel.class;
    }

    private static SslContext tls(TlsConfig tls) {
        SslContextBuilder context = GrpcSslContexts.forClient();
        try {
            if (tls.trustedCertificates() != null) {
                context.trustManager(new File(tls.trustedCertificates()));
            }
            if (tls.certificate() != null) {
                context.keyManager(new File(tls.certificate()), new File(tls.key()));
            }
            return context.build();
        } catch (SSLException | IllegalArgumentException e) {
            throw new WeirException(
                    WeirException.Kind.CONFIG,
                    "TLS: cannot use the certificates or key that are configured: "
                            + e.getMessage(),
                    e);
        }
    }
}
