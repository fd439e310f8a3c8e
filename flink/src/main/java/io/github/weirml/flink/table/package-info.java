/**
 * weir in SQL: the model provider {@code weir} for {@code CREATE MODEL} and {@code ML_PREDICT}.
 *
 * <p>{@link io.github.weirml.flink.table.WeirOptions} has the options; the rest is found by Flink
 * itself.
 */
package io.github.weirml.flink.table;
