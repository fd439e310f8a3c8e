package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/pflag"

	"github.com/weir-ml/weir/config"
	"github.com/weir-ml/weir/internal/client"
)

// target is the server that a command talks to, as its flags say.
type target struct {
	address  string
	token    string
	ca       string
	tls      bool
	insecure bool
}

func (t *target) flags(flags *pflag.FlagSet) {
	standard := orElse(os.Getenv("WEIR_SERVER"), client.DefaultAddress)
	flags.StringVar(&t.address, "server", standard, "`address` of the server; WEIR_SERVER of the environment sets the default")
	flags.StringVar(&t.token, "token", "", "the server's token, by `reference`: env:NAME or file:PATH")
	flags.BoolVar(&t.tls, "tls", false, "speak TLS, and check the certificate against the system's authorities")
	flags.StringVar(&t.ca, "ca", "", "speak TLS, and check the certificate against those in this PEM `file`")
	flags.BoolVar(&t.insecure, "insecure", false, "send the token to another machine without TLS")
}

func (t *target) dial() (*client.Client, error) {
	cfg := client.Config{Address: t.address, Insecure: t.insecure, Name: "weir-cli", Version: thisBuild().version}
	var err error
	if cfg.TLS, err = t.tlsConfig(); err != nil {
		return nil, &failure{exitUsage, err}
	}
	if t.token != "" {
		secret, err := config.ReadSecret(t.token)
		if err != nil {
			return nil, misuse("--token %w", err)
		}
		cfg.Token = secret.Reveal()
	}
	c, err := client.Dial(cfg)
	if err != nil {
		return nil, misuse("--server %s: %w", t.address, err)
	}
	return c, nil
}

func (t *target) tlsConfig() (*tls.Config, error) {
	if !t.tls && t.ca == "" {
		return nil, nil //nolint:nilnil // no TLS is no failure, and nil is how crypto/tls says none
	}
	cfg := &tls.Config{MinVersion: tls.VersionTLS12}
	if t.ca == "" {
		return cfg, nil
	}
	pem, err := os.ReadFile(t.ca)
	if err != nil {
		return nil, fmt.Errorf("--ca: %w", err)
	}
	cfg.RootCAs = x509.NewCertPool()
	if !cfg.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("--ca: %s holds no certificate in PEM", t.ca)
	}
	return cfg, nil
}

// fieldFlags are the flags of a command that reads rows.
func fieldFlags(flags *pflag.FlagSet, fields *[]string) {
	const usage = "`name` of a column that the model sees; several with commas, or repeated (default text)"
	flags.StringArrayVarP(fields, "field", "f", nil, usage)
}

// request is the model and the options that a command asks for.
type request struct {
	model   string
	options []string
}

func (r *request) flags(flags *pflag.FlagSet) {
	flags.StringVarP(&r.model, "model", "m", "", "`name` of the model; not needed where the server has only one")
	flags.StringArrayVarP(&r.options, "option", "o", nil, "an option over the model's own, as `key=value`; may be repeated")
}

// set returns the options by name.
func (r *request) set() (map[string]string, error) {
	set := make(map[string]string, len(r.options))
	var problems []error
	for _, o := range r.options {
		key, value, ok := strings.Cut(o, "=")
		_, twice := set[key]
		switch {
		case !ok || key == "":
			problems = append(problems, fmt.Errorf("--option %q: it looks like batch.size=20", key))
		case twice:
			problems = append(problems, fmt.Errorf("--option %s is given twice", key))
		}
		set[key] = value
	}
	if len(problems) > 0 {
		return nil, &failure{exitUsage, errors.Join(problems...)}
	}
	return set, nil
}

// withClient calls do with a connection to the target and closes it; do's error, if it is a status, is put into words.
func (t *target) withClient(ctx context.Context, do func(context.Context, *client.Client) error) error {
	c, err := t.dial()
	if err != nil {
		return err
	}
	err = do(ctx, c)
	if _, said := errors.AsType[*failure](err); err != nil && !said && ctx.Err() != nil {
		err = interrupted(ctx, "")
	}
	return errors.Join(refused(err, c.Address()), c.Close())
}
