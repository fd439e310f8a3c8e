// Package client is weir's own Go client: a connection, one Predict stream that keeps to its window, and a run of records
// that outlives its streams. `weir predict`, `weir bench`, the demo and the benchmarks use it.
//
// It knows nothing of files, rows or columns, makes no decision about options, and is no public library: the contract in
// proto/ is what others build upon.
package client

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/status"

	weirv1 "github.com/weir-ml/weir/gen/weir/v1"
)

// DefaultAddress is where a server listens if nobody says otherwise.
const DefaultAddress = "127.0.0.1:9347"

// The transport's settings. The HTTP/2 windows are pinned, as the server's are: a stream's results in flight take no more.
const (
	streamWindowBytes = 1 << 20
	connWindowBytes   = 4 << 20
	maxMessageBytes   = 32 << 20
	keepaliveTime     = 30 * time.Second
	keepaliveTimeout  = 20 * time.Second
	maxConnectWait    = 500 * time.Millisecond
	connectTimeout    = 10 * time.Second
)

// Config says which server to call, and as whom. The zero value is a server on this machine without TLS and token.
type Config struct {
	// Address is host:port. Default [DefaultAddress].
	Address string
	// TLS is how the server's certificate is checked; nil: no TLS.
	TLS *tls.Config
	// Token is the bearer token; empty: none is sent.
	Token string
	// Insecure allows to send Token without TLS to another machine.
	Insecure bool
	// Name and Version say who calls, for the server's log.
	Name, Version string
}

// Client is a connection to one server. It connects at the first call and again whenever it has to. Its methods may be
// called by several goroutines at once.
type Client struct {
	cfg     Config
	conn    *grpc.ClientConn
	service weirv1.InferenceServiceClient
}

// Dial returns a Client. It does not wait for a connection: whether there is a server shows at the first call. Who calls
// Dial closes the Client.
func Dial(cfg Config) (*Client, error) {
	if cfg.Address == "" {
		cfg.Address = DefaultAddress
	}
	if cfg.Token != "" && cfg.TLS == nil && !cfg.Insecure && !loopback(cfg.Address) {
		return nil, errors.New("a token would travel to another machine without TLS; turn TLS on, or allow it with Insecure")
	}
	conn, err := grpc.NewClient("passthrough:///"+cfg.Address, cfg.transport()...)
	if err != nil {
		return nil, fmt.Errorf("address %q: %w", cfg.Address, err)
	}
	return &Client{cfg: cfg, conn: conn, service: weirv1.NewInferenceServiceClient(conn)}, nil
}

func (cfg *Config) transport() []grpc.DialOption {
	creds := insecure.NewCredentials()
	if cfg.TLS != nil {
		creds = credentials.NewTLS(cfg.TLS)
	}
	connect := grpc.ConnectParams{MinConnectTimeout: connectTimeout, Backoff: backoff.DefaultConfig}
	connect.Backoff.BaseDelay, connect.Backoff.MaxDelay = maxConnectWait/5, maxConnectWait
	options := []grpc.DialOption{
		grpc.WithTransportCredentials(creds),
		grpc.WithConnectParams(connect),
		grpc.WithStaticStreamWindowSize(streamWindowBytes),
		grpc.WithStaticConnWindowSize(connWindowBytes),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxMessageBytes)),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: keepaliveTime, Timeout: keepaliveTimeout}),
	}
	if cfg.Token != "" {
		options = append(options, grpc.WithPerRPCCredentials(bearer(cfg.Token)))
	}
	return options
}

// Service is the contract's client, for everything that is no Predict stream.
func (c *Client) Service() weirv1.InferenceServiceClient { return c.service }

// Address is where the server is.
func (c *Client) Address() string { return c.cfg.Address }

// Close ends every call and stream. It may be called again.
func (c *Client) Close() error {
	if err := c.conn.Close(); err != nil && status.Code(err) != codes.Canceled { // Canceled: it was closed before
		return fmt.Errorf("closing the connection to %s: %w", c.cfg.Address, err)
	}
	return nil
}

// bearer sends a token with every call.
type bearer string

// GetRequestMetadata returns the header.
func (b bearer) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": "Bearer " + string(b)}, nil
}

// RequireTransportSecurity is false: Dial has decided.
func (bearer) RequireTransportSecurity() bool { return false }

func loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
