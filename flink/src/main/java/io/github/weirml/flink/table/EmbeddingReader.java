package io.github.weirml.flink.table;

import java.io.Serializable;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.data.GenericArrayData;
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeRoot;

/** Makes arrays of embeddings, for columns of ARRAY&lt;FLOAT&gt; and ARRAY&lt;DOUBLE&gt;. */
final class EmbeddingReader implements Serializable {
    private static final long serialVersionUID = 1L;

    private final boolean isDouble;

    private EmbeddingReader(boolean isDouble) {
        this.isDouble = isDouble;
    }

    /** The reader of a type; null where it is not one that an embedding can be. */
    static EmbeddingReader of(LogicalType type) {
        if (!type.is(LogicalTypeRoot.ARRAY)) {
            return null;
        }
        LogicalType element = ((ArrayType) type).getElementType();
        boolean isDouble = element.is(LogicalTypeRoot.DOUBLE);
        return isDouble || element.is(LogicalTypeRoot.FLOAT) ? new EmbeddingReader(isDouble) : null;
    }

    /** The error of a column that cannot hold an embedding. */
    static ValidationException refusal(String column, LogicalType type) {
        return new ValidationException(
                String.format(
                        "weir: output column '%s' is %s, but the model makes embeddings: declare it"
                                + " as ARRAY<FLOAT>",
                        column, type.asSummaryString()));
    }

    /** The embedding in Flink's internal form. */
    GenericArrayData read(float[] embedding) {
        if (!isDouble) {
            return new GenericArrayData(embedding);
        }
        double[] wide = new double[embedding.length];
        for (int i = 0; i < wide.length; i++) {
            wide[i] = embedding[i];
        }
        return new GenericArrayData(wide);
    }
}
