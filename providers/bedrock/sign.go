package bedrock

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/weir-ml/weir/providers"
)

// service is what signatures call Bedrock, whatever its hosts are called.
const service = "bedrock"

// place returns the region and the base URL.
func (cfg Config) place() (region, base string) {
	region, base = cfg.Region, cfg.BaseURL
	if region == "" {
		region = regionOf(base)
	}
	if base == "" {
		base = "https://bedrock-runtime." + region + ".amazonaws.com"
		if strings.HasPrefix(region, "cn-") {
			base += ".cn"
		}
	}
	return region, base
}

// regionOf returns the region in a host of AWS's, such as bedrock-runtime.eu-central-1.amazonaws.com or a VPC endpoint's.
func regionOf(base string) string {
	u, err := url.Parse(base)
	if err != nil || !strings.Contains(u.Hostname(), ".amazonaws.com") && !strings.HasSuffix(u.Hostname(), ".api.aws") {
		return ""
	}
	for label := range strings.SplitSeq(u.Hostname(), ".") {
		if isRegion(label) {
			return label
		}
	}
	return ""
}

var regions = regexp.MustCompile(`^[a-z]{2,4}(-[a-z]{2,12}){1,3}-[0-9]{1,2}$`)

func isRegion(s string) bool { return regions.MatchString(s) }

// signature is what one call is signed with.
type signature struct {
	credentials Credentials
	hash        string // of the body
}

// signature returns what signs a call; nil where there is a key, or nothing to sign with.
func (p *Provider) signature(body []byte) *signature {
	if p.credentials == nil || p.client.HasKey() {
		return nil
	}
	c := p.credentials()
	c.AccessKeyID, c.SecretAccessKey = strings.TrimSpace(c.AccessKeyID), strings.TrimSpace(c.SecretAccessKey)
	c.SessionToken = strings.TrimSpace(c.SessionToken)
	if c.AccessKeyID == "" {
		return nil
	}
	sum := sha256.Sum256(body)
	return &signature{credentials: c, hash: hex.EncodeToString(sum[:])}
}

// signing returns the function that signs a call; nil for no signature. The signer does not wait.
func (p *Provider) signing(ctx context.Context, s *signature) func(*http.Request) *providers.Error {
	if s == nil {
		return nil
	}
	return func(req *http.Request) *providers.Error {
		own := s.credentials
		c := aws.Credentials{AccessKeyID: own.AccessKeyID, SecretAccessKey: own.SecretAccessKey, SessionToken: own.SessionToken}
		if err := p.signer.SignHTTP(ctx, c, req, s.hash, service, p.region, time.Now()); err != nil {
			return &providers.Error{Kind: providers.KindUnauthorized, Message: "the call cannot be signed; check the credentials", Err: err}
		}
		return nil
	}
}

// hide takes what a call was signed with out of a message: AWS repeats the token where a signature does not match.
func (s *signature) hide(text string) string {
	if s == nil {
		return text
	}
	for _, secret := range []string{s.credentials.SessionToken, s.credentials.SecretAccessKey, s.credentials.AccessKeyID} {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, "[secret]")
		}
	}
	return text
}
