package server

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// healthService is open to everybody: probes carry no token.
const healthService = "/grpc.health.v1.Health/"

func (s *Server) authorizeUnary(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	if err := s.authorize(ctx, info.FullMethod); err != nil {
		return nil, err
	}
	return handler(ctx, req)
}

func (s *Server) authorizeStream(srv any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
	if err := s.authorize(stream.Context(), info.FullMethod); err != nil {
		return err
	}
	return handler(srv, stream)
}

// authorize compares the client's bearer token with the server's, in constant time.
func (s *Server) authorize(ctx context.Context, method string) error {
	if s.cfg.Token == nil || strings.HasPrefix(method, healthService) {
		return nil
	}
	want := s.cfg.Token()
	if want == "" {
		return nil
	}
	md, _ := metadata.FromIncomingContext(ctx)
	for _, value := range md.Get("authorization") {
		scheme, token, _ := strings.Cut(value, " ")
		if strings.EqualFold(scheme, "Bearer") && sameToken(token, want) {
			return nil
		}
	}
	return status.Error(codes.Unauthenticated, "a bearer token is needed, and the one sent is missing or wrong:"+
		" send the metadata `authorization: Bearer <token>` with the server's auth.token")
}

func sameToken(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}
