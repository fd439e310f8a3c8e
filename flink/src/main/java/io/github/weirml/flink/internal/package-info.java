/**
 * What the SQL provider, the lookup source and the AsyncFunction have in common: one subtask's
 * session, its metrics, its log. Not for users.
 */
package io.github.weirml.flink.internal;
