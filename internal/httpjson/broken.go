package httpjson

import (
	"compress/flate"
	"compress/gzip"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"syscall"

	"github.com/weir-ml/weir/providers"
)

// broken says why there is no complete answer. The cause goes along for errors.Is, but not into the message where the
// server could have written it.
func (c *Client) broken(ctx context.Context, cause error) *providers.Error {
	if err := ContextError(ctx); err != nil {
		return err
	}
	kind, message := diagnose(cause)
	return &providers.Error{Kind: kind, Message: c.place + ": " + message, Err: cause}
}

// ContextError returns the error of a call whose ctx has ended, or nil where it has not.
func ContextError(ctx context.Context) *providers.Error {
	switch err := ctx.Err(); {
	case err == nil:
		return nil
	case errors.Is(err, context.DeadlineExceeded):
		return &providers.Error{Kind: providers.KindTimeout, Message: "no complete answer in time", Err: err}
	default:
		return &providers.Error{Kind: providers.KindCancelled, Message: "the caller ended the call", Err: err}
	}
}

// diagnose tells the ways apart in which a connection fails. What only a person can change is not worth a retry.
func diagnose(cause error) (providers.Kind, string) {
	var network *net.OpError
	var timeout net.Error
	switch {
	case is[*tls.CertificateVerificationError](cause):
		return providers.KindBadRequest, "the server's certificate is not trusted: " +
			"install its authority, or correct base_url; " + certificateFault(cause)
	case is[tls.RecordHeaderError](cause):
		return providers.KindBadRequest, "the server does not speak TLS: if it is meant so, write http:// in base_url"
	case is[tls.AlertError](cause):
		return providers.KindUnavailable, "the TLS handshake failed: " + cause.Error()
	case is[*net.DNSError](cause):
		return providers.KindUnavailable, "the host's name has no address; check base_url and DNS"
	case errors.As(cause, &timeout) && timeout.Timeout():
		return providers.KindTimeout, fmt.Sprintf("no connection within %v", dialTimeout)
	case errors.Is(cause, syscall.ECONNREFUSED):
		return providers.KindUnavailable, "connection refused: is the provider running, and base_url right?"
	case errors.As(cause, &network) && network.Op == "proxyconnect":
		return providers.KindUnavailable, "no connection to the proxy that the environment names"
	case is[flate.CorruptInputError](cause), errors.Is(cause, gzip.ErrHeader), errors.Is(cause, gzip.ErrChecksum):
		return providers.KindMalformed, "the answer says it is gzip, but it is not"
	default:
		return providers.KindUnavailable, "the connection broke before the answer was complete"
	}
}

// is reports whether one of the causes of err is an E.
func is[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

// certificateFault returns what x509 says: unknown authority, wrong name, expired.
func certificateFault(cause error) string {
	if e, ok := errors.AsType[*tls.CertificateVerificationError](cause); ok {
		return e.Err.Error()
	}
	return ""
}

// tooLarge is the error of an answer over the bound. The rest of it is not read: that closes the connection.
func (c *Client) tooLarge() *providers.Error {
	return &providers.Error{
		Kind:    providers.KindMalformed,
		Message: fmt.Sprintf("%s: an answer of more than %d bytes; is it a model at all?", c.place, c.maxBody),
		Status:  http.StatusOK,
	}
}
