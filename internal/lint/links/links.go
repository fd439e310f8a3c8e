// Package links has no code: its test checks that what the documents point to exists. It does not look at addresses on the
// net.
package links
