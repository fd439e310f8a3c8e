package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
)

// CheckExposure refuses a server that other machines can reach unless it has both TLS and a token, or insecure is true. A
// name other than localhost counts as reachable: it is not looked up.
func CheckExposure(c *Config, insecure bool) error {
	host, port, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return errors.New("listen " + checkAddress(c.Listen))
	}
	var missing []string
	if c.TLS == (TLS{}) {
		missing = append(missing, "TLS (tls.cert and tls.key)")
	}
	if !c.Auth.Token.IsSet() {
		missing = append(missing, "a token (auth.token)")
	}
	if insecure || isLoopback(host) || len(missing) == 0 {
		return nil
	}
	return fmt.Errorf(`listen %s can be reached from other machines, without %s.
Anyone there could read records or spend your tokens. Either
  - listen on this machine only: --listen 127.0.0.1:%s
  - or set tls.cert, tls.key and auth.token in the configuration file
  - or, where something else protects the port, start with --insecure`, c.Listen, strings.Join(missing, " and without "), port)
}

func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.Unmap().IsLoopback()
}
