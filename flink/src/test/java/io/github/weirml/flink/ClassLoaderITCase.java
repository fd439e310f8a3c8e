package io.github.weirml.flink;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.weirml.testing.Logs;
import io.github.weirml.testing.Reviews;
import io.github.weirml.testing.Simulators;
import io.github.weirml.testing.Threads;
import io.github.weirml.testing.WeirProcess;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.lang.reflect.Method;
import java.net.URL;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.flink.api.common.JobID;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.metrics.Metric;
import org.apache.flink.runtime.testutils.InMemoryReporter;
import org.apache.flink.runtime.testutils.MiniClusterResourceConfiguration;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.apache.flink.util.ChildFirstClassLoader;
import org.apache.flink.util.CloseableIterator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** A job that brings the built jar with it, as users' jobs do: nothing of it stays. */
@Timeout(120)
@SuppressWarnings("try")
class ClassLoaderITCase {
    private static final InMemoryReporter METRICS = InMemoryReporter.create();
    private static final Path JAR = Path.of(System.getProperty("weir.jar"));

    @RegisterExtension
    static final MiniClusterExtension CLUSTER =
            new MiniClusterExtension(
                    new MiniClusterResourceConfiguration.Builder()
                            .setConfiguration(METRICS.addToConfiguration(new Configuration()))
                            .build());

    @TempDir Path folder;

    private final ReferenceQueue<ClassLoader> collected = new ReferenceQueue<>();

    @Test
    void theJobsClassLoaderCanBeCollectedAndNobodyComplains() throws Exception {
        try (Logs logs = new Logs();
                WeirProcess model = WeirProcess.simulate("--latency", "500ms");
                WeirProcess weir = WeirProcess.serve(Simulators.config(folder, model))) {
            WeakReference<ClassLoader> loader = run(weir.endpoint());

            assertThat(Threads.leftBehind()).isEmpty();
            assertThat(isCollected(loader)).as("the job's class loader is collected").isTrue();
            assertThat(logs.with("closed classloader")).isEmpty();
            assertThat(logs.with("NoClassDefFoundError")).isEmpty();
            assertThat(logs.with("zip file closed")).isEmpty();
        }
    }

    /** Runs the example with all of weir from the jar, and returns the task manager's loader. */
    private WeakReference<ClassLoader> run(String endpoint) throws Exception {
        StreamExecutionEnvironment env =
                StreamExecutionEnvironment.getExecutionEnvironment(withJar());
        env.setParallelism(1);
        WeakReference<ClassLoader> loader = null;
        int rows = 0;
        try (CloseableIterator<String> labels = label(env, endpoint).collectAsync()) {
            JobID job = env.executeAsync().getJobID();
            for (; labels.hasNext(); labels.next(), rows++) {
                loader = loader == null ? loaderOf(job) : loader;
            }
        }
        assertThat(rows).isEqualTo(300);
        return loader;
    }

    private WeakReference<ClassLoader> loaderOf(JobID job) {
        Collection<Metric> metrics = METRICS.findMetrics(job, ".*weir\\.answerMillis").values();
        assertThat(metrics).hasSize(1);
        ClassLoader loader = metrics.iterator().next().getClass().getClassLoader();
        assertThat(loader).isNotSameAs(getClass().getClassLoader());
        return new WeakReference<>(loader, collected);
    }

    private boolean isCollected(WeakReference<ClassLoader> loader) throws InterruptedException {
        for (int i = 0; i < 20 && loader.get() != null; i++) {
            System.gc();
            collected.remove(500);
        }
        return loader.get() == null;
    }

    @SuppressWarnings("unchecked")
    private static DataStream<String> label(StreamExecutionEnvironment env, String endpoint)
            throws Exception {
        List<String> reviews =
                Reviews.all().stream()
                        .limit(300)
                        .map(review -> review.text)
                        .collect(Collectors.toList());
        ClassLoader client =
                new ChildFirstClassLoader(
                        new URL[] {JAR.toUri().toURL(), examples()},
                        ClassLoaderITCase.class.getClassLoader(),
                        new String[] {"java.", "org.apache.flink.", "org.slf4j"},
                        failure -> {
                            throw new AssertionError(failure);
                        });
        Method label =
                client.loadClass("io.github.weirml.examples.ReviewSentimentJob")
                        .getDeclaredMethod("label", DataStream.class, String.class);
        label.setAccessible(true);
        return (DataStream<String>) label.invoke(null, env.fromData(reviews), endpoint);
    }

    private static Configuration withJar() throws Exception {
        Configuration job = new Configuration();
        job.set(PipelineOptions.JARS, List.of(JAR.toUri().toString()));
        job.set(PipelineOptions.CLASSPATHS, List.of(examples().toString()));
        return job;
    }

    private static URL examples() {
        return ClassLoaderITCase.class.getProtectionDomain().getCodeSource().getLocation();
    }
}
