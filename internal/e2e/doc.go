// Package e2e holds the tests of the whole: the real server, configured as an operator does it, between real gRPC clients
// and real HTTP servers that stand in for providers, most of which misbehave; all of it on 127.0.0.1. The lines of
// docs/grpcurl.md are run here too, by the real grpcurl against the real program.
//
// The answers of a record are canaries: what the stand-in says about a record follows from the record's own text, so that
// the answer of another one cannot pass for it.
//
// There is nothing to import. What one package promises is tested in that package; speed is measured in bench.
package e2e
