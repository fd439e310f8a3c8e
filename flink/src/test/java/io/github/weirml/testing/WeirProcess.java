package io.github.weirml.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/**
 * A real weir process of the test's own. Its port stays the same over kills and restarts.
 *
 * <p>The binary is where the system property {@code weir.binary} says. Without one tests are
 * skipped, or fail where the environment has {@code CI=true}.
 */
public final class WeirProcess implements AutoCloseable {
    private static final long START_SECONDS = 20;

    private final List<String> command;
    private final int port;
    private final List<String> log = Collections.synchronizedList(new ArrayList<>());
    private Process process;

    private WeirProcess(List<String> command, int port) {
        this.command = command;
        this.port = port;
    }

    /** {@code weir serve} with the embedded model, and these arguments behind. */
    public static WeirProcess serve(String... arguments) {
        int port = freePort();
        List<String> all = new ArrayList<>();
        all.add("serve");
        all.addAll(List.of(arguments));
        all.addAll(List.of("--listen", "127.0.0.1:" + port, "--admin", "off"));
        return run(all, port);
    }

    /** {@code weir simulate} with these arguments: a model server over HTTP. */
    public static WeirProcess simulate(String... arguments) {
        int port = freePort();
        List<String> all = new ArrayList<>();
        all.add("simulate");
        all.addAll(List.of(arguments));
        all.addAll(List.of("--listen", "127.0.0.1:" + port));
        return run(all, port);
    }

    private static WeirProcess run(List<String> arguments, int port) {
        List<String> command = new ArrayList<>();
        command.add(binary().toString());
        command.addAll(arguments);
        WeirProcess started = new WeirProcess(command, port);
        started.start();
        return started;
    }

    /** The binary, or a skipped test. */
    public static Path binary() {
        Path binary = Path.of(System.getProperty("weir.binary", "../bin/weir")).toAbsolutePath();
        boolean there = Files.isExecutable(binary);
        String missing = "no weir at " + binary + ": run \"make build\" for the tests against it";
        if ("true".equals(System.getenv("CI"))) {
            assertThat(there).as(missing).isTrue();
        }
        if (!there) {
            System.err.println("SKIPPED: " + missing);
        }
        Assumptions.assumeTrue(there, missing);
        return binary.normalize();
    }

    /** Starts it, again if it was there before, and waits until it listens. */
    public void start() {
        try {
            process = new ProcessBuilder(command).redirectErrorStream(true).start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        CompletableFuture<Void> listening = new CompletableFuture<>();
        Process started = process;
        Thread reader = new Thread(() -> read(started, listening), "weir-process-log");
        reader.setDaemon(true);
        reader.start();
        try {
            listening.get(START_SECONDS, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new AssertionError("weir does not start: " + command + "\n" + log(), e);
        }
    }

    private void read(Process from, CompletableFuture<Void> listening) {
        try (BufferedReader lines =
                new BufferedReader(
                        new InputStreamReader(from.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                log.add(line);
                if (line.contains("127.0.0.1:" + port)) {
                    listening.complete(null);
                }
            }
        } catch (IOException e) {
            log.add("(" + e.getMessage() + ")");
        }
        listening.completeExceptionally(new IOException("weir has ended"));
    }

    /** {@code 127.0.0.1:port}. */
    public String endpoint() {
        return "127.0.0.1:" + port;
    }

    /** kill -9, and waits until it is dead. */
    public void kill() {
        process.destroyForcibly();
        awaitEnd();
    }

    /** SIGTERM: it drains. Does not wait. */
    public void terminate() {
        process.destroy();
    }

    /** Waits until it has ended, and returns the exit code. */
    public int awaitEnd() {
        try {
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("weir ends").isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
        return process.exitValue();
    }

    /** What it has logged. */
    public String log() {
        synchronized (log) {
            return String.join("\n", log);
        }
    }

    @Override
    public void close() {
        kill();
    }

    /**
     * A port that nobody uses right now, below those that systems give to outgoing connections:
     * else one of them could take it while a server is restarted.
     */
    public static int freePort() {
        for (int tries = 0; tries < 100; tries++) {
            int port = ThreadLocalRandom.current().nextInt(15_000, 32_000);
            try (ServerSocket socket =
                    new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                return socket.getLocalPort();
            } catch (IOException e) {
                // Somebody has it: another one.
            }
        }
        throw new AssertionError("no free port from 15000 to 31999");
    }
}
