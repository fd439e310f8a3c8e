package io.github.weirml.flink.restart;

import java.util.HashMap;
import java.util.Map;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.functions.RichMapFunction;
import org.apache.flink.api.common.state.CheckpointListener;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.runtime.state.FunctionInitializationContext;
import org.apache.flink.runtime.state.FunctionSnapshotContext;
import org.apache.flink.streaming.api.checkpoint.CheckpointedFunction;

/** Behind the asynchronous operator: counts rows, and kills the job when that is due. */
final class Exit extends RichMapFunction<Tuple2<Long, String>, Tuple2<Long, String>>
        implements CheckpointedFunction, CheckpointListener {
    private static final long serialVersionUID = 1L;

    private final String name;
    private final CallsInFlight calls;
    private transient Flow flow;
    private transient int subtask;
    private transient Map<Long, Long> leftAt;

    /** Exit is serialised; where the model is, is all it knows. */
    interface CallsInFlight extends java.io.Serializable {
        long now() throws Exception;
    }

    Exit(String name, CallsInFlight calls) {
        this.name = name;
        this.calls = calls;
    }

    @Override
    public void open(OpenContext context) {
        flow = Flow.named(name);
        subtask = getRuntimeContext().getTaskInfo().getIndexOfThisSubtask();
        flow.begin(getRuntimeContext().getTaskInfo().getAttemptNumber());
    }

    @Override
    public Tuple2<Long, String> map(Tuple2<Long, String> row) throws Exception {
        if (flow.killIsDue() && calls.now() > 0 && flow.takeKill()) {
            throw new IllegalStateException("the test kills the job");
        }
        flow.left(subtask);
        return row;
    }

    @Override
    public void initializeState(FunctionInitializationContext context) {
        leftAt = new HashMap<>();
    }

    @Override
    public void snapshotState(FunctionSnapshotContext context) {
        leftAt.put(context.getCheckpointId(), flow.leftOf(subtask));
    }

    @Override
    public void notifyCheckpointComplete(long checkpoint) {
        Long rows = leftAt.get(checkpoint);
        if (rows != null) {
            flow.kept(subtask, rows);
        }
    }
}
