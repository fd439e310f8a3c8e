package httpjson

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/weir-ml/weir/providers"
)

const (
	// maxMessage is the longest part of a vendor's message that is shown.
	maxMessage = 300
	// echo is how many bytes in a row of a prompt make a message one that repeats it.
	echo = 24
	// shortSecret is the shortest secret that is looked for: what is shorter is part of any text.
	shortSecret = 4
	// longWord is the shortest word of a header that is taken for its secret part; "Bearer" is none.
	longWord = 8
	// shortEcho is the shortest prompt that is looked for as a whole.
	shortEcho = 4
)

// secretShapes are what keys look like, also with their middle starred out.
var secretShapes = regexp.MustCompile(
	`(?i:\bbearer\s+\S+)|\b(?:sk|pk|rk|gsk|xai|hf|nvapi)[-_][A-Za-z0-9_*.-]{6,}|\bAIza[A-Za-z0-9_-]{10,}`)

// Message makes a vendor's message fit to be shown: one line, at most 300 bytes, without the key, the values of the
// configured headers, or anything that looks like a key. Where it repeats the prompt it is left out as a whole, because
// prompts are made of records.
func (c *Client) Message(text string, req *providers.Request) string {
	// What lies far behind the end is not worth the search; a secret that is cut there is cut away below.
	text = text[:min(len(text), 16*maxMessage)]
	for _, secret := range c.secrets() {
		text = strings.ReplaceAll(text, secret, "[secret]")
	}
	text = secretShapes.ReplaceAllString(text, "[secret]")
	text = shorten(oneLine(text))
	if repeats(text, req) {
		return "(its message repeats the prompt and is left out)"
	}
	return text
}

// secrets returns what must never be shown: the key, the one before it, and the configured headers, whole and their
// long words, because a vendor may repeat the token without its "Bearer".
func (c *Client) secrets() []string {
	secrets := []string{c.currentKey()}
	if last := c.keyed.Load(); last != nil {
		secrets = append(secrets, last.key)
	}
	for name, values := range c.fixed {
		switch name {
		case "Accept", "Content-Type", "User-Agent":
			continue
		}
		for _, value := range values {
			long := slices.DeleteFunc(strings.Fields(value), func(word string) bool { return len(word) < longWord })
			secrets = append(append(secrets, value), long...)
		}
	}
	return slices.DeleteFunc(secrets, func(s string) bool { return len(strings.TrimSpace(s)) < shortSecret })
}

// oneLine turns control characters and runs of space into one space.
func oneLine(s string) string {
	fields := strings.FieldsFunc(strings.ToValidUTF8(s, "?"), func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r)
	})
	return strings.Join(fields, " ")
}

// shorten cuts s to maxMessage bytes, between two characters.
func shorten(s string) string {
	if len(s) <= maxMessage {
		return s
	}
	end := maxMessage - len("…")
	for !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + "…"
}

// repeats reports whether text has a piece of a prompt in it.
func repeats(text string, req *providers.Request) bool {
	for _, content := range texts(req) {
		content = oneLine(content)
		if len(content) < echo {
			if len(content) >= shortEcho && strings.Contains(text, content) {
				return true
			}
			continue
		}
		for i := 0; i+echo <= len(text); i++ {
			if strings.Contains(content, text[i:i+echo]) {
				return true
			}
		}
	}
	return false
}

// texts are what a request sends of records.
func texts(req *providers.Request) []string {
	all := slices.Clone(req.Inputs)
	for _, message := range req.Messages {
		all = append(all, message.Content)
	}
	return all
}

// Target returns where a redirect points to, without user and query and at most 200 bytes; empty where it does not say.
func Target(h http.Header) string {
	u, err := url.Parse(h.Get("Location"))
	if err != nil || u.String() == "" {
		return ""
	}
	target := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}
	s := oneLine(target.String())
	return s[:min(len(s), 200)]
}
