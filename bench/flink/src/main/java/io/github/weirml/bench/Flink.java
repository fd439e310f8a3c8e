package io.github.weirml.bench;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.api.Schema;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.types.Row;

/**
 * Runs jobs one after the other, each as a line of JSON on standard input, and writes what came of
 * each as a line on standard output. All in one JVM, so that only the first is cold. Who starts it
 * gives the reviews' file as the system property {@code reviews}, and starts the servers.
 */
public final class Flink {
    private static final ObjectMapper JSON = new ObjectMapper();

    private Flink() {}

    public static void main(String[] arguments) throws Exception {
        // Nothing else may write where the outcomes go.
        PrintStream out = System.out;
        System.setOut(System.err);
        BufferedReader in =
                new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            out.println(JSON.writeValueAsString(outcome(JSON.readValue(line, Job.class))));
            out.flush();
        }
        System.exit(0); // The peer's HTTP client leaves threads behind.
    }

    private static Outcome outcome(Job job) {
        try {
            return run(job);
        } catch (Exception e) {
            return Outcome.failed(e);
        }
    }

    private static Outcome run(Job job) throws Exception {
        System.gc(); // Garbage of the job before is not this one's.
        Thread.sleep(job.rest());
        Tally tally = Tally.begin(job);
        StreamExecutionEnvironment env =
                StreamExecutionEnvironment.getExecutionEnvironment(new Configuration());
        env.setParallelism(job.parallelism());
        StreamTableEnvironment tables = StreamTableEnvironment.create(env);
        tables.createTemporaryView("reviews", reviews(env, job.rows()), schema());
        tables.executeSql(job.createModel());
        tables.toDataStream(tables.sqlQuery(job.query()))
                .map(Flink::tell)
                .returns(Types.LONG)
                .sinkTo(new DiscardingSink<>());
        env.execute("bench");
        return tally.outcome();
    }

    private static DataStream<Row> reviews(StreamExecutionEnvironment env, int rows) {
        return env.fromSequence(0, rows - 1)
                .map(Flink::row)
                .returns(Types.ROW_NAMED(new String[] {"id", "text"}, Types.LONG, Types.STRING));
    }

    private static Schema schema() {
        return Schema.newBuilder()
                .column("id", DataTypes.BIGINT())
                .column("text", DataTypes.STRING())
                .build();
    }

    private static Row row(long id) {
        Tally.current().in();
        return Row.of(id, Tally.current().text(id));
    }

    private static Long tell(Row row) {
        Long id = row.getFieldAs(0);
        String error = row.getArity() > 3 ? row.getFieldAs(3) : null;
        Tally.current().out(id.intValue(), row.getFieldAs(2), error);
        return id;
    }
}
