/** weir in Flink: what jobs use. {@code internal} is not for them. */
package io.github.weirml.flink;
