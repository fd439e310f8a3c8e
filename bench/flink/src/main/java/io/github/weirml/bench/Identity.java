package io.github.weirml.bench;

import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.functions.AsyncPredictFunction;

/** Gives each text back, at once or after a while. Public, because the planner's code makes it. */
public final class Identity extends AsyncPredictFunction {
    private static final long serialVersionUID = 1L;

    private final long afterMillis;

    Identity(long afterMillis) {
        this.afterMillis = afterMillis;
    }

    @Override
    public CompletableFuture<Collection<RowData>> asyncPredict(RowData row) {
        Collection<RowData> answer = List.of(GenericRowData.of(row.getString(0), null));
        if (afterMillis == 0) {
            return CompletableFuture.completedFuture(answer);
        }
        return new CompletableFuture<Collection<RowData>>()
                .completeOnTimeout(answer, afterMillis, TimeUnit.MILLISECONDS);
    }
}
