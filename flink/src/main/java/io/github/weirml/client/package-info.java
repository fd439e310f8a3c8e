/**
 * weir's Java client: records in, one result for each, over as few connections as need be.
 *
 * <p>Read {@link io.github.weirml.client.WeirClient} first, then {@link
 * io.github.weirml.client.PredictSession}. The package knows nothing of Flink, rows or tables and
 * makes no decision about options; no type of gRPC or protobuf is part of it. It logs nothing: a
 * {@link io.github.weirml.client.SessionListener} is told what happens.
 */
package io.github.weirml.client;
