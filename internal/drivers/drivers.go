// Package drivers is what the drivers of package providers' vendors do alike: what they send of a prompt, how they judge what came
// back, and how they tell people about it. A vendor's words and fields are its driver's to know; nothing here waits or calls.
package drivers

import (
	"math"
	"net/http"
	"strings"
	"time"

	"github.com/weir-ml/weir/internal/httpjson"
	"github.com/weir-ml/weir/providers"
)

// Trimmed returns key without the space around it, such as the line break at the end of a file. nil stays nil.
func Trimmed(key func() string) func() string {
	if key == nil {
		return nil
	}
	return func() string { return strings.TrimSpace(key()) }
}

// CheckTemperature returns the error of a temperature that is no number; JSON has no way to write one.
func CheckTemperature(t *float64) *providers.Error {
	if t == nil || !math.IsNaN(*t) && !math.IsInf(*t, 0) {
		return nil
	}
	return &providers.Error{Kind: providers.KindBadRequest, Message: "temperature is not a number; correct the option"}
}

// Sane reports whether counts of tokens can be true: none is negative, no number, or absurd. They are read as float64, because
// some servers write 12.0, and a figure must not cost the answer.
func Sane(counts ...float64) bool {
	const absurd = 1 << 40
	for _, n := range counts {
		if !(n >= 0 && n <= absurd) {
			return false
		}
	}
	return true
}

// Complete fills in what an error has from its reply, where the driver has not: status, id, and how long to wait.
func Complete(failed *providers.Error, reply *httpjson.Reply, now time.Time) {
	failed.Status = reply.Status
	if failed.RequestID == "" {
		failed.RequestID = httpjson.RequestID(reply.Header)
	}
	if failed.RetryAfter == 0 {
		failed.RetryAfter = httpjson.RetryAfter(reply.Header, now)
	}
}

// KindOf says what a status means by itself, for bodies that say no more.
func KindOf(status int) providers.Kind {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return providers.KindUnauthorized
	case http.StatusPaymentRequired:
		return providers.KindQuota
	case http.StatusNotFound:
		return providers.KindUnknownModel
	case http.StatusTooManyRequests:
		return providers.KindRateLimited
	case http.StatusRequestEntityTooLarge:
		return providers.KindContextOverflow // of a proxy's bound: a shorter prompt helps as well
	case http.StatusRequestTimeout, http.StatusConflict, http.StatusTooEarly:
		return providers.KindUnavailable
	}
	if status >= http.StatusInternalServerError {
		return providers.KindUnavailable
	}
	return providers.KindBadRequest
}

// Says reports whether text has one of parts in it, which are in lower case.
func Says(text string, parts []string) bool {
	text = strings.ToLower(text)
	for _, part := range parts {
		if strings.Contains(text, part) {
			return true
		}
	}
	return false
}

// ID makes an id of a call that a body carries fit to be kept: at most 128 bytes of printable ASCII; empty where it is not.
func ID(id string) string {
	for i := range len(id) {
		if id[i] <= ' ' || id[i] > '~' {
			return ""
		}
	}
	return id[:min(len(id), 128)]
}

// NoModel is the error of a model whose name cannot be part of a URL.
func NoModel(name string) *providers.Error {
	message := "the model has no name; set model"
	if name != "" {
		message = "a model cannot be named by dots alone; correct model"
	}
	return &providers.Error{Kind: providers.KindUnknownModel, Message: message}
}
