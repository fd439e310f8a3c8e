package simulator

import (
	"context"
	"net"
	"sync"
)

// Pipe is a listener in memory: a server and its clients meet without a network, as tests in a bubble of testing/synctest need
// it, where a minute of a limit takes no time. Give it to [Server.StartOn], and its Dial to the DialContext of an http.Transport.
// Connections have no buffer, and a reset looks like an orderly end.
type Pipe struct {
	conns chan net.Conn
	once  sync.Once
	gone  chan struct{}
}

// NewPipe makes a Pipe.
func NewPipe() *Pipe { return &Pipe{conns: make(chan net.Conn), gone: make(chan struct{})} }

// Dial connects, whatever the address. It waits until the server takes the connection, ctx ends or the pipe is closed.
func (p *Pipe) Dial(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case p.conns <- theirs:
		return ours, nil
	case <-p.gone:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Accept waits for a client; its error is net.ErrClosed when the pipe is closed.
func (p *Pipe) Accept() (net.Conn, error) {
	select {
	case conn := <-p.conns:
		return conn, nil
	case <-p.gone:
		return nil, net.ErrClosed
	}
}

// Close ends the listening; connections go on. It may be called again.
func (p *Pipe) Close() error {
	p.once.Do(func() { close(p.gone) })
	return nil
}

// Addr is a name that stands for the pipe.
func (p *Pipe) Addr() net.Addr { return pipeAddr{} }

type pipeAddr struct{}

func (pipeAddr) Network() string { return "pipe" }
func (pipeAddr) String() string  { return "pipe" }
