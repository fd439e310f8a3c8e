package httpjson

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/weir-ml/weir/providers"
)

// Call is a POST that differs from the others of its Client by more than its body.
type Call struct {
	// Path is added to the Client's URL, before its query: escaped (see [EscapeSegment]), without a slash at its start. "": none.
	Path string
	// Body is sent. It is not changed, and may be read a little longer than the call runs.
	Body []byte
	// Sign, where set, is handed the request before it is sent, with a Header that is this call's alone; its Body is not for
	// Sign to read. It must be quick.
	Sign func(req *http.Request) *providers.Error
	// MaxBody is how long the body of this call's answer may be where that is more than the Client's bound.
	MaxBody int64
}

// Do makes a Call. It waits and fails as [Client.Post] does.
func (c *Client) Do(ctx context.Context, call Call) (*Reply, error) {
	req, problem := c.request(ctx, call)
	if problem != nil {
		return nil, problem
	}
	resp, err := c.transport.RoundTrip(req)
	if err != nil {
		return nil, c.broken(ctx, err)
	}
	return c.read(ctx, resp, max(c.maxBody, call.MaxBody))
}

// request makes the request of a Call; Post says why its body is as it is.
func (c *Client) request(ctx context.Context, call Call) (*http.Request, error) {
	header, err := c.header()
	if err != nil {
		return nil, err
	}
	req := c.template.WithContext(ctx)
	req.Header = header
	if req.URL, err = extended(req.URL, call.Path); err != nil {
		return nil, &providers.Error{Kind: providers.KindInternal, Message: "the path of a call is not escaped; please report it"}
	}
	req.ContentLength = int64(len(call.Body))
	req.Body = io.NopCloser(bytes.NewReader(call.Body))
	req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(call.Body)), nil }
	if call.Sign != nil {
		req.Header = header.Clone()
		if problem := call.Sign(req); problem != nil {
			return nil, problem
		}
	}
	return req, nil
}

// extended returns a copy of base with an escaped path added.
func extended(base *url.URL, path string) (*url.URL, error) {
	if path == "" {
		return base, nil
	}
	u := *base
	u.RawPath = strings.TrimSuffix(base.EscapedPath(), "/") + "/" + path
	plain, err := url.PathUnescape(u.RawPath)
	if err != nil {
		return nil, err
	}
	u.Path = plain
	return &u, nil
}

// EscapeSegment escapes s as one segment of a path: all but letters, digits and -._~, so that a colon or a slash in a
// name cannot be taken for part of the path, and what is signed is what is sent. false: s is empty or made of dots, which
// servers and proxies on the way take for another path.
func EscapeSegment(s string) (string, bool) {
	const hex = "0123456789ABCDEF"
	if strings.Trim(s, ".") == "" {
		return "", false
	}
	out := make([]byte, 0, len(s)+16)
	for i := range len(s) {
		c := s[i]
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-._~", c) >= 0 {
			out = append(out, c)
			continue
		}
		out = append(out, '%', hex[c>>4], hex[c&0xf])
	}
	return string(out), true
}
