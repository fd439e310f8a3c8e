package e2e_test

import (
	"net"
	"os"
	"strconv"
	"syscall"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
)

// port is a port that is taken, so that nobody else gets it, while nobody listens on it.
type port struct {
	addr string
	fd   int
	open bool
}

func holdPort(t *testing.T) *port {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	p := &port{fd: fd}
	t.Cleanup(func() {
		if !p.open {
			_ = syscall.Close(fd)
		}
	})
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	bound, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	at, ok := bound.(*syscall.SockaddrInet4)
	if !ok {
		t.Fatalf("bound to %T", bound)
	}
	p.addr = net.JoinHostPort("127.0.0.1", strconv.Itoa(at.Port))
	return p
}

// listen starts to listen.
func (p *port) listen(t *testing.T) net.Listener {
	t.Helper()
	if err := syscall.Listen(p.fd, 128); err != nil {
		t.Fatal(err)
	}
	file := os.NewFile(uintptr(p.fd), p.addr)
	p.open = true
	listener, err := net.FileListener(file) // has a copy of its own
	if err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Error(err)
	}
	return listener
}

func seconds(n int) *durationpb.Duration { return durationpb.New(time.Duration(n) * time.Second) }
