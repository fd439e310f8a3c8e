package io.github.weirml.flink;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.flink.util.ChildFirstClassLoader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** Looks into the built jar, and loads it as Flink does. */
class PackagingITCase {
    private static final String OURS = "io/github/weirml/";
    private static final String SHADED = "io.github.weirml.flink.shaded.";
    private static final String NETTY = SHADED + "io.grpc.netty.shaded.io.netty.";
    private static final Path JAR = Path.of(System.getProperty("weir.jar"));

    @Test
    void everyClassIsOursOrRelocated() {
        assertThat(entries())
                .filteredOn(name -> name.endsWith(".class"))
                .hasSizeGreaterThan(3_000)
                .allSatisfy(name -> assertThat(name).startsWith(OURS));
    }

    @Test
    void nothingElseIsInTheJar() {
        Pattern known =
                Pattern.compile(
                        "META-INF/(MANIFEST\\.MF|LICENSE|NOTICE|licenses/LICENSE\\.\\w+"
                                + "|native/.*io_github_weirml_flink_shaded_.*"
                                + "|services/(io\\.github\\.weirml\\.flink\\.shaded|org\\.apache\\.flink)\\..*"
                                + "|maven/io\\.github\\.weirml\\.flink/.*)");
        assertThat(entries())
                .filteredOn(name -> !name.startsWith(OURS))
                .allSatisfy(name -> assertThat(name).matches(known));
        assertThat(entries()).doesNotHaveDuplicates();
    }

    @Test
    void neitherFlinkNorSlf4jIsInTheJar() {
        assertThat(entries())
                .noneMatch(name -> name.contains("org/apache/flink") || name.contains("org/slf4j"));
    }

    @Test
    void theServicesOfAllJarsAreMerged() throws Exception {
        assertThat(service(SHADED + "io.grpc.LoadBalancerProvider"))
                .contains(
                        SHADED + "io.grpc.internal.PickFirstLoadBalancerProvider",
                        SHADED + "io.grpc.util.SecretRoundRobinLoadBalancerProvider$Provider");
        assertThat(service(SHADED + "io.grpc.NameResolverProvider"))
                .contains(SHADED + "io.grpc.internal.DnsNameResolverProvider");
        assertThat(service(SHADED + "io.grpc.ManagedChannelProvider")).isNotEmpty();
    }

    @Test
    void everyServiceIsThere() throws Exception {
        for (String entry : entries()) {
            if (entry.startsWith("META-INF/services/") && !entry.endsWith("/")) {
                assertThat(service(entry.substring("META-INF/services/".length())))
                        .isNotEmpty()
                        .allSatisfy(
                                name ->
                                        assertThat(entries())
                                                .contains(name.replace('.', '/') + ".class"));
            }
        }
    }

    @Test
    void classesAreForJava11() throws Exception {
        try (JarFile jar = new JarFile(JAR.toFile())) {
            for (String name : entries()) {
                if (name.endsWith(".class")) {
                    assertThat(majorVersion(jar, name)).as(name).isLessThanOrEqualTo(55);
                }
            }
        }
    }

    @Test
    void theNoticeNamesWhatIsBundled() throws Exception {
        Set<String> excluded =
                Set.of(
                        "com.google.android:annotations",
                        "com.google.code.findbugs:jsr305",
                        "com.google.errorprone:error_prone_annotations",
                        "com.google.guava:listenablefuture",
                        "com.google.j2objc:j2objc-annotations",
                        "org.codehaus.mojo:animal-sniffer-annotations",
                        "org.jspecify:jspecify");
        Set<String> bundled =
                matches(
                        Files.readString(Path.of(System.getProperty("weir.bundled"))),
                        "^ +([^:\\s]+:[^:]+):jar:([^:]+):(?:compile|runtime)");
        bundled.removeIf(name -> excluded.contains(name.substring(0, name.lastIndexOf(':'))));

        assertThat(matches(text("META-INF/NOTICE"), "^- ([^:\\s]+:[^:]+):(\\S+)"))
                .isEqualTo(bundled);
        assertThat(text("META-INF/LICENSE")).contains("Apache License");
        assertThat(text("META-INF/licenses/LICENSE.protobuf")).contains("Google Inc.");
        assertThat(text("META-INF/licenses/LICENSE.boringssl")).contains("Apache License");
    }

    /** Beside the protobuf and gRPC of the tests' own class path, which are not relocated. */
    @Test
    void itLoadsChildFirstBesideAnotherProtobuf() throws Exception {
        try (URLClassLoader loader = childFirst()) {
            Class<?> record = loader.loadClass("io.github.weirml.v1.Record");

            assertThat(record.getClassLoader()).isSameAs(loader);
            assertThat(record.getSuperclass().getName())
                    .isEqualTo(SHADED + "com.google.protobuf.GeneratedMessage");
            assertThat(io.github.weirml.v1.Record.class.getSuperclass().getName())
                    .isEqualTo("com.google.protobuf.GeneratedMessage");
            assertThat(record.getMethod("getDefaultInstance").invoke(null)).isNotNull();
            assertThat(com.google.protobuf.Timestamp.getDefaultInstance()).isNotNull();
        }
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void epollAndBoringsslLoad() throws Exception {
        try (URLClassLoader loader = childFirst()) {
            assertThat(unavailable(loader, "channel.epoll.Epoll")).isNull();
            assertThat(unavailable(loader, "handler.ssl.OpenSsl")).isNull();
            assertThat(
                            loader.loadClass(NETTY + "handler.ssl.OpenSsl")
                                    .getMethod("versionString")
                                    .invoke(null))
                    .isEqualTo("BoringSSL");
        }
    }

    /** With nothing but the jar and slf4j: no Flink. A client dials and gives up, over epoll. */
    @Test
    void theClientWorksWithoutFlink() throws Exception {
        URL[] urls = {
            JAR.toUri().toURL(),
            org.slf4j.Logger.class.getProtectionDomain().getCodeSource().getLocation()
        };
        try (URLClassLoader loader =
                new URLClassLoader(urls, ClassLoader.getPlatformClassLoader())) {
            CompletableFuture<?> started = inLoader(loader, () -> startNowhere(loader));

            assertThat(started)
                    .isCompletedExceptionally()
                    .failsWithin(java.time.Duration.ZERO)
                    .withThrowableThat()
                    .withMessageContaining("Connection refused");
        }
    }

    /** Opens a session where no server is, waits until it has failed, and closes the client. */
    private static CompletableFuture<?> startNowhere(ClassLoader loader) throws Exception {
        Class<?> clients = loader.loadClass("io.github.weirml.client.WeirClient");
        Class<?> clientConfig = loader.loadClass("io.github.weirml.client.ClientConfig");
        Class<?> sessionConfig = loader.loadClass("io.github.weirml.client.SessionConfig");
        Object client =
                clients.getMethod("create", clientConfig)
                        .invoke(null, built(call(clientConfig, "endpoints", "127.0.0.1:1")));
        Object session =
                clients.getMethod("open", sessionConfig)
                        .invoke(
                                client,
                                built(
                                        call(
                                                sessionConfig,
                                                "startTimeout",
                                                java.time.Duration.ofSeconds(3))));
        Class<?> sessions = loader.loadClass("io.github.weirml.client.PredictSession");
        CompletableFuture<?> started =
                (CompletableFuture<?>) sessions.getMethod("started").invoke(session);
        started.handle((info, failure) -> null).get(20, java.util.concurrent.TimeUnit.SECONDS);
        clients.getMethod("close").invoke(client);
        return started;
    }

    private static Object call(Class<?> config, String setter, Object value) throws Exception {
        Object builder = config.getMethod("builder").invoke(null);
        return builder.getClass().getMethod(setter, value.getClass()).invoke(builder, value);
    }

    private static Object built(Object builder) throws Exception {
        return builder.getClass().getMethod("build").invoke(builder);
    }

    private static <T> T inLoader(ClassLoader loader, Callable<T> call) throws Exception {
        ClassLoader before = Thread.currentThread().getContextClassLoader();
        Thread.currentThread().setContextClassLoader(loader);
        try {
            return call.call();
        } finally {
            Thread.currentThread().setContextClassLoader(before);
        }
    }

    /** As Flink loads the jar of a job. */
    private static URLClassLoader childFirst() throws IOException {
        return new ChildFirstClassLoader(
                new URL[] {JAR.toUri().toURL()},
                PackagingITCase.class.getClassLoader(),
                new String[] {"java.", "org.apache.flink.", "org.slf4j", "javax.annotation"},
                failure -> {
                    throw new AssertionError(failure);
                });
    }

    private static Object unavailable(ClassLoader loader, String netty) throws Exception {
        return loader.loadClass(NETTY + netty).getMethod("unavailabilityCause").invoke(null);
    }

    private static List<String> entries() {
        try (JarFile jar = new JarFile(JAR.toFile())) {
            return jar.stream()
                    .filter(entry -> !entry.isDirectory())
                    .map(JarEntry::getName)
                    .collect(Collectors.toList());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<String> service(String name) throws IOException {
        return text("META-INF/services/" + name)
                .lines()
                .map(line -> line.replaceAll("#.*", "").trim())
                .filter(line -> !line.isEmpty())
                .collect(Collectors.toList());
    }

    private static String text(String entry) throws IOException {
        try (JarFile jar = new JarFile(JAR.toFile());
                InputStream in = jar.getInputStream(jar.getEntry(entry))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static int majorVersion(JarFile jar, String entry) throws IOException {
        try (InputStream in = jar.getInputStream(jar.getEntry(entry))) {
            byte[] head = in.readNBytes(8);
            return (head[6] & 0xff) << 8 | head[7] & 0xff;
        }
    }

    private static Set<String> matches(String text, String pattern) {
        Matcher matcher = Pattern.compile(pattern, Pattern.MULTILINE).matcher(text);
        Set<String> all = new TreeSet<>();
        while (matcher.find()) {
            all.add(matcher.group(1) + ":" + matcher.group(2));
        }
        return all;
    }
}
