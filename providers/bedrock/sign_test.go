package bedrock_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/weir-ml/weir/providers"
	"github.com/weir-ml/weir/providers/bedrock"
)

const secretKey = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"

// temporary are credentials as a role gives them.
func temporary() bedrock.Credentials {
	return bedrock.Credentials{AccessKeyID: "ASIAEXAMPLE", SecretAccessKey: secretKey + "\n", SessionToken: "a-session-token"}
}

// TestSignature computes the signature of what arrives again, by AWS's description of Signature Version 4 and not by its code.
func TestSignature(t *testing.T) {
	models := map[string]string{
		"amazon.nova-lite-v1:0":                                "/model/amazon.nova-lite-v1%3A0/converse",
		"arn:aws:bedrock:eu-central-1:1:inference-profile/a.b": "/model/arn%3Aaws%3Abedrock%3Aeu-central-1%3A1%3Ainference-profile%2Fa.b/converse",
	}
	for model, path := range models {
		t.Run(model, func(t *testing.T) {
			var authorization, want, uri, token string
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				authorization, uri, token = r.Header.Get("Authorization"), r.RequestURI, r.Header.Get("X-Amz-Security-Token")
				want = signatureOf(t, r)
				_, _ = io.WriteString(w, hello)
			}))
			defer s.Close()
			p := start(t, bedrock.Config{
				BaseURL: s.URL, Region: "eu-central-1", Credentials: temporary, Header: map[string]string{"X-Amzn-Bedrock-Trace": "ENABLED"},
			})
			if _, err := p.Complete(t.Context(), request(func(r *providers.Request) { r.Model = model })); err != nil {
				t.Fatal(err)
			}
			if _, got, _ := strings.Cut(authorization, "Signature="); got != want || uri != path || token != "a-session-token" {
				t.Errorf("%s with %s, want the signature %s", uri, authorization, want)
			}
			if !strings.Contains(authorization, "Credential=ASIAEXAMPLE/") || !strings.Contains(authorization, "/eu-central-1/bedrock/aws4_request") ||
				!strings.Contains(authorization, "x-amzn-bedrock-trace") {
				t.Errorf("authorization %s lacks key, scope or the header of one's own", authorization)
			}
		})
	}
}

// signatureOf signs a request as it came.
func signatureOf(t *testing.T, r *http.Request) string {
	t.Helper()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Error(err)
	}
	_, signed, _ := strings.Cut(r.Header.Get("Authorization"), "SignedHeaders=")
	signed, _, _ = strings.Cut(signed, ",")
	names := strings.Split(signed, ";")
	if !slices.IsSorted(names) {
		t.Errorf("signed headers %q are not sorted", signed)
	}
	var headers strings.Builder
	for _, name := range names {
		value := r.Header.Get(name)
		switch name {
		case "host":
			value = r.Host
		case "content-length":
			value = r.Header.Get("Content-Length")
		}
		headers.WriteString(name + ":" + strings.TrimSpace(value) + "\n")
	}
	path, query, _ := strings.Cut(r.RequestURI, "?")
	segments := strings.Split(path, "/")
	for i, segment := range segments {
		segments[i] = url.QueryEscape(segment) // the path as sent is escaped once more
	}
	canonical := strings.Join([]string{r.Method, strings.Join(segments, "/"), query, headers.String(), signed, hash(string(body))}, "\n")
	date := r.Header.Get("X-Amz-Date")
	scope := date[:8] + "/eu-central-1/bedrock/aws4_request"
	key := []byte("AWS4" + secretKey)
	for part := range strings.SplitSeq(scope, "/") {
		key = mac(key, part)
	}
	return hex.EncodeToString(mac(key, "AWS4-HMAC-SHA256\n"+date+"\n"+scope+"\n"+hash(canonical)))
}

func hash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

func mac(key []byte, s string) []byte {
	m := hmac.New(sha256.New, key)
	m.Write([]byte(s))
	return m.Sum(nil)
}

// TestWhichCredentials: a key comes before a signature, and both are asked for before each call.
func TestWhichCredentials(t *testing.T) {
	key, access := "", bedrock.Credentials{}
	s := vendor.Serve(t, http.StatusOK, hello)
	p := start(t, bedrock.Config{
		BaseURL: s.URL, Region: "eu-central-1", APIKey: func() string { return key }, Credentials: func() bedrock.Credentials { return access },
	})
	ask := func() string {
		if _, err := p.Complete(t.Context(), request()); err != nil {
			t.Fatal(err)
		}
		return s.Header.Get("Authorization")
	}
	if got := ask(); got != "" {
		t.Errorf("authorization %q of nothing", got)
	}
	access = temporary()
	if got := ask(); !strings.HasPrefix(got, "AWS4-HMAC-SHA256 Credential=ASIAEXAMPLE/") {
		t.Errorf("authorization %q, want a signature", got)
	}
	key = " bedrock-api-key\n"
	if got := ask(); got != "Bearer bedrock-api-key" || s.Header.Get("X-Amz-Security-Token") != "" {
		t.Errorf("authorization %q, want the key alone", got)
	}
	key, access = "", bedrock.Credentials{}
	if got := ask(); got != "" || s.Header.Get("X-Amz-Date") != "" {
		t.Errorf("authorization %q is of an earlier call", got)
	}
}

func TestRegion(t *testing.T) {
	tests := map[string]struct {
		cfg  bedrock.Config
		want string // a part of where a call fails, or of the error of New
	}{
		"region":         {bedrock.Config{Region: "eu-central-1"}, "https://bedrock-runtime.eu-central-1.amazonaws.com:443"},
		"China":          {bedrock.Config{Region: "cn-north-1"}, "https://bedrock-runtime.cn-north-1.amazonaws.com.cn:443"},
		"government":     {bedrock.Config{Region: "us-gov-west-1"}, "https://bedrock-runtime.us-gov-west-1.amazonaws.com:443"},
		"URL":            {bedrock.Config{BaseURL: "https://gateway/bedrock"}, "https://gateway:443/bedrock"},
		"in the URL":     {bedrock.Config{BaseURL: "https://bedrock-runtime.us-east-1.amazonaws.com", Credentials: temporary}, "us-east-1.amazonaws.com:443"},
		"VPC endpoint":   {bedrock.Config{BaseURL: "https://vpce-1.bedrock-runtime.us-east-1.vpce.amazonaws.com", Credentials: temporary}, "vpce.amazonaws.com:443"},
		"none":           {bedrock.Config{}, "region: missing"},
		"none to sign":   {bedrock.Config{BaseURL: "https://us-east-1.gateway", Credentials: temporary}, "region: missing"},
		"no region":      {bedrock.Config{Region: "Frankfurt"}, "region: \"Frankfurt\" is none"},
		"a host instead": {bedrock.Config{Region: "eu-central-1.evil.example/"}, "is none"},
		"structured":     {bedrock.Config{Region: "eu-central-1", Structured: "yes"}, "structured:"},
		"cache":          {bedrock.Config{Region: "eu-central-1", Cache: "yes"}, "cache:"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			test.cfg.Transport = broken{}
			p, err := bedrock.New(test.cfg)
			if err == nil {
				_, err = p.Complete(t.Context(), request())
			}
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v, want an error with %q", err, test.want)
			}
		})
	}
}

// broken is a network that is down.
type broken struct{}

func (broken) RoundTrip(r *http.Request) (*http.Response, error) {
	_ = r.Body.Close()
	return nil, io.ErrUnexpectedEOF
}

// TestSecretsOfASignature: AWS repeats what was signed, the token among it; a driver does not.
func TestSecretsOfASignature(t *testing.T) {
	for name, message := range map[string]string{
		"InvalidSignatureException": "should have been 'POST x-amz-security-token:a-session-token'",
		"AccessDeniedException":     "User ASIAEXAMPLE with a-session-token and " + secretKey + " is not authorized",
	} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Amzn-Errortype", name)
			w.WriteHeader(http.StatusForbidden)
			_, _ = io.WriteString(w, `{"message":"`+message+`"}`)
		}))
		_, err := start(t, bedrock.Config{BaseURL: s.URL, Region: "eu-central-1", Credentials: temporary}).
			Complete(t.Context(), request())
		s.Close()
		e := providers.AsError(err)
		for _, secret := range []string{"a-session-token", secretKey, "ASIAEXAMPLE"} {
			if strings.Contains(e.Message, secret) {
				t.Errorf("message %q shows %s", e.Message, secret)
			}
		}
		if e.Kind != providers.KindUnauthorized || !strings.Contains(e.Message, "secret_access_key") {
			t.Errorf("%v, want unauthorized, and what to check", e)
		}
	}
}
