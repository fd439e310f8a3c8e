package config_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"log/slog"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/weir-ml/weir/config"
)

func TestOverride(t *testing.T) {
	tests := []struct {
		name    string
		env     map[string]string
		flags   config.Flags
		want    string // listen, admin, level
		problem string
	}{
		{name: "nothing", want: "127.0.0.1:9347 127.0.0.1:9348 INFO"},
		{
			name: "environment", env: map[string]string{"WEIR_LISTEN": ":1", "WEIR_ADMIN": ":2", "WEIR_LOG_LEVEL": "debug"},
			want: ":1 :2 DEBUG",
		},
		{
			name: "flags win", env: map[string]string{"WEIR_LISTEN": ":1", "WEIR_ADMIN": ":2", "WEIR_LOG_LEVEL": "debug"},
			flags: config.Flags{Listen: ":3", Admin: "off", LogLevel: "warn"}, want: ":3  WARN",
		},
		{name: "admin off", env: map[string]string{"WEIR_ADMIN": "off"}, want: "127.0.0.1:9347  INFO"},
		{name: "any free ports", flags: config.Flags{Listen: "127.0.0.1:0", Admin: "127.0.0.1:0"}, want: "127.0.0.1:0 127.0.0.1:0 INFO"},
		{
			name: "all problems", env: map[string]string{"WEIR_LISTEN": "x", "WEIR_LOG_LEVEL": "loud"},
			flags: config.Flags{Admin: "localhost:99999"},
			problem: "WEIR_LISTEN must be host:port, such as 127.0.0.1:9347, not \"x\"\n" +
				"WEIR_LOG_LEVEL must be debug, info, warn or error, not \"loud\"\n" +
				"--admin must end in a port from 0 to 65535, not \"99999\"",
		},
		{name: "the same address", flags: config.Flags{Admin: "127.0.0.1:9347"}, problem: "admin must differ from listen"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := config.Default()
			err := c.Override(func(name string) string { return test.env[name] }, test.flags)
			if test.problem != "" {
				if err == nil || err.Error() != test.problem {
					t.Errorf("got %v\nwant %s", err, test.problem)
				}
				return
			}
			if got := fmt.Sprint(c.Listen, " ", c.Admin, " ", c.Log.Level); err != nil || got != test.want {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
}

func TestCheckExposure(t *testing.T) {
	t.Setenv("WEIR_TEST_KEY", "x")
	token, files := config.Auth{Token: secret(t, "env:WEIR_TEST_KEY")}, config.TLS{Cert: "c", Key: "k"}
	tests := []struct {
		listen   string
		tls      config.TLS
		auth     config.Auth
		insecure bool
		refused  bool
	}{
		{listen: "127.0.0.1:1"},
		{listen: "127.8.0.1:1"},
		{listen: "[::1]:1"},
		{listen: "[::ffff:127.0.0.1]:1"},
		{listen: "LocalHost:1"},
		{listen: ":1", refused: true},
		{listen: "0.0.0.0:1", refused: true},
		{listen: "[::]:1", refused: true},
		{listen: "10.0.0.1:1", refused: true},
		{listen: "localhost.example.com:1", refused: true},
		{listen: "0.0.0.0:1", insecure: true},
		{listen: "0.0.0.0:1", tls: files, refused: true},
		{listen: "0.0.0.0:1", auth: token, refused: true},
		{listen: "0.0.0.0:1", tls: files, auth: token},
		{listen: "nonsense", insecure: true, refused: true},
	}
	for _, test := range tests {
		c := &config.Config{Listen: test.listen, TLS: test.tls, Auth: test.auth}
		if err := config.CheckExposure(c, test.insecure); (err != nil) != test.refused {
			t.Errorf("%+v: %v", test, err)
		}
	}
}

func ExampleCheckExposure() {
	c := config.Default()
	c.Listen = "0.0.0.0:9347"
	fmt.Println(config.CheckExposure(c, false))
	// Output:
	// listen 0.0.0.0:9347 can be reached from other machines, without TLS (tls.cert and tls.key) and without a token (auth.token).
	// Anyone there could read records or spend your tokens. Either
	//   - listen on this machine only: --listen 127.0.0.1:9347
	//   - or set tls.cert, tls.key and auth.token in the configuration file
	//   - or, where something else protects the port, start with --insecure
}

func TestTLS(t *testing.T) {
	dir := t.TempDir()
	writeCertificate(t, dir)
	path := filepath.Join(dir, "weir.yaml")
	c, err := config.Parse(path, []byte("tls: {cert: cert.pem, key: key.pem}\n"))
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := c.TLS.Load()
	if err != nil || len(loaded.Certificates) != 1 {
		t.Errorf("got %v, %v", loaded, err)
	}
	if _, err := config.Parse(path, []byte("tls: {cert: key.pem, key: cert.pem}\n")); err == nil {
		t.Error("a key was taken for a certificate")
	}
	if none, err := (config.TLS{}).Load(); none != nil || err != nil {
		t.Errorf("without files: %v, %v", none, err)
	}
}

func writeCertificate(t *testing.T, dir string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{
		"cert.pem": {Type: "CERTIFICATE", Bytes: certificate}, "key.pem": {Type: "PRIVATE KEY", Bytes: private},
	} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestValidateWithoutFile(t *testing.T) {
	c := config.Default()
	c.Log.Format = "yaml"
	c.Models["m"] = config.Model{Provider: "locl", Options: map[string]string{"batch.size": "0"}, Overridable: []string{"nothing"}}
	const want = `log.format must be text or json, not "yaml"` + "\n" +
		`models.m.provider names "locl", which is not among the providers; did you mean local?` + "\n" +
		`models.m.options.batch.size must be a whole number from 1 to 1000 (records), not "0"` + "\n" +
		`models.m.overridable names "nothing", which is not an option (docs/options.md has them all)`
	if err := c.Validate(); err == nil || err.Error() != want {
		t.Errorf("got:\n%v\nwant:\n%s", err, want)
	}
}

func TestModelOpens(t *testing.T) {
	tests := []struct {
		name  string
		model config.Model
		open  map[string]bool
	}{
		{"nothing said", config.Model{}, map[string]bool{"batch.size": true, "batch.scope": false, "nonsense": false}},
		{"none", config.Model{Overridable: []string{}}, map[string]bool{"batch.size": false, "batch.scope": false}},
		{"a list", config.Model{Overridable: []string{"batch.scope"}}, map[string]bool{"batch.size": false, "batch.scope": true}},
	}
	for _, test := range tests {
		for option, want := range test.open {
			if got := test.model.Opens(option); got != want {
				t.Errorf("%s: %s is open: %v", test.name, option, got)
			}
		}
	}
}

func TestBytes(t *testing.T) {
	for n, want := range map[config.Bytes]string{
		0: "0B", 1: "1B", 1023: "1023B", 1024: "1KiB", 1536: "1536B", 16 << 20: "16MiB", 1 << 40: "1024GiB",
	} {
		if got := n.String(); got != want {
			t.Errorf("%d is %s, want %s", int64(n), got, want)
		}
	}
	for text, ok := range map[string]bool{"100000": true, "65536 B": true, "9999999999GiB": false, "-1": false, "MiB": false, "1e6": false} {
		_, err := config.Parse("weir.yaml", []byte(fmt.Sprintf("limits: {window_bytes: %s}", text)))
		if (err == nil) != ok {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestLevelsAreThoseOfSlog(t *testing.T) {
	for text, want := range map[string]slog.Level{"debug": slog.LevelDebug, "warn": slog.LevelWarn, "error": slog.LevelError} {
		c, err := config.Parse("weir.yaml", []byte("log: {level: "+text+"}"))
		if err != nil || c.Log.Level != want {
			t.Errorf("%s: %v", text, err)
		}
	}
}
