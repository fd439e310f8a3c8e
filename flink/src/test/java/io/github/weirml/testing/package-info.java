/** What tests need: a real weir process, a server that follows a script, the sample reviews. */
package io.github.weirml.testing;
