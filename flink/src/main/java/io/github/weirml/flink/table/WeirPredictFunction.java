package io.github.weirml.flink.table;

import io.github.weirml.client.Record;
import io.github.weirml.client.Result;
import io.github.weirml.client.SessionConfig;
import io.github.weirml.flink.internal.SubtaskSession;
import java.util.Collection;
import java.util.concurrent.CompletableFuture;
import org.apache.flink.annotation.Internal;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.functions.AsyncPredictFunction;
import org.apache.flink.table.functions.FunctionContext;
import org.apache.flink.table.types.logical.RowType;

/** What a subtask of ML_PREDICT does: rows to records, results to rows. */
@Internal
public final class WeirPredictFunction extends AsyncPredictFunction {
    private static final long serialVersionUID = 1L;

    private final WeirSettings settings;
    private final SessionConfig config;
    private final RowType input;
    private final ResultConverter results;
    private transient RecordConverter records;
    private transient SubtaskSession session;

    WeirPredictFunction(
            WeirSettings settings, SessionConfig config, RowType input, ResultConverter results) {
        this.settings = settings;
        this.config = config;
        this.input = input;
        this.results = results;
    }

    @Override
    public void open(FunctionContext context) throws Exception {
        session = SubtaskSession.open(settings.client(), config, context);
        results.checkTask(session.info().isEmbedding());
        results.checkFields(settings.effective(WeirOptions.VALUE_FIELD, session.info()));
        String template = settings.effective(WeirOptions.TEMPLATE, session.info());
        records = RecordConverter.of(input, template);
    }

    @Override
    public CompletableFuture<Collection<RowData>> asyncPredict(RowData row) {
        Record record = records.convert(row);
        return record == null
                ? CompletableFuture.completedFuture(results.ofNull())
                : session.predict(record).thenApply(this::rows);
    }

    private Collection<RowData> rows(Result result) {
        Collection<RowData> rows = results.convert(result);
        results.count(result, rows, session.metrics());
        return rows;
    }

    @Override
    public void close() {
        if (session != null) {
            session.close();
        }
    }
}
