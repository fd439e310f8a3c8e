package io.github.weirml.flink.table;

import io.github.weirml.client.Result;
import io.github.weirml.client.SessionConfig;
import io.github.weirml.flink.internal.SubtaskSession;
import java.util.Collection;
import java.util.Collections;
import java.util.concurrent.CompletableFuture;
import org.apache.flink.annotation.Internal;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.functions.AsyncLookupFunction;
import org.apache.flink.table.functions.FunctionContext;

/** What a subtask of a lookup join does: key rows to records, results to rows of the table. */
@Internal
public final class WeirLookupFunction extends AsyncLookupFunction {
    private static final long serialVersionUID = 1L;

    private final WeirSettings settings;
    private final SessionConfig config;
    private final LookupColumns columns;
    private final ResultConverter results;
    private transient RecordConverter records;
    private transient SubtaskSession session;

    WeirLookupFunction(
            WeirSettings settings,
            SessionConfig config,
            LookupColumns columns,
            ResultConverter results) {
        this.settings = settings;
        this.config = config;
        this.columns = columns;
        this.results = results;
    }

    @Override
    public void open(FunctionContext context) throws Exception {
        session = SubtaskSession.open(settings.client(), config, context);
        results.checkTask(session.info().isEmbedding());
        results.checkFields(settings.effective(WeirOptions.VALUE_FIELD, session.info()));
        String template = settings.effective(WeirOptions.TEMPLATE, session.info());
        records = RecordConverter.of(columns.recordType(), template);
    }

    @Override
    public CompletableFuture<Collection<RowData>> asyncLookup(RowData key) {
        RowData record = columns.record(key);
        return record == null
                ? CompletableFuture.completedFuture(Collections.emptyList())
                : session.predict(records.convert(record)).thenApply(result -> rows(key, result));
    }

    private Collection<RowData> rows(RowData key, Result result) {
        Collection<RowData> answers = results.convert(result);
        results.count(result, answers, session.metrics());
        Collection<RowData> rows = columns.rows(key, answers);
        return ResultConverter.isFailure(answers) ? new LookupCaching.Failed(rows) : rows;
    }

    @Override
    public void close() {
        if (session != null) {
            session.close();
        }
    }
}
