package io.github.weirml.flink.restart;

import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.functions.RichFlatMapFunction;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.util.Collector;

/** Before the asynchronous operator: makes a row of a number, and counts it. */
final class Entrance extends RichFlatMapFunction<Long, Tuple2<Long, String>> {
    private static final long serialVersionUID = 1L;

    private final String name;
    private transient Flow flow;
    private transient int subtask;

    Entrance(String name) {
        this.name = name;
    }

    @Override
    public void open(OpenContext context) {
        flow = Flow.named(name);
        subtask = getRuntimeContext().getTaskInfo().getIndexOfThisSubtask();
        flow.begin(getRuntimeContext().getTaskInfo().getAttemptNumber());
    }

    @Override
    public void flatMap(Long id, Collector<Tuple2<Long, String>> rows) {
        if (flow.enter(subtask, id)) {
            rows.collect(Tuple2.of(id, Answers.text(id)));
        }
    }
}
