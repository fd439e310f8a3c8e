package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/weir-ml/weir/providers/local"
)

// review is one row of the reviews.
type review struct {
	Text string `json:"text"`
	// Rating is the mean of people's ratings, from -4 (most negative) to +4.
	Rating float64 `json:"rating"`
}

// loadReviews reads the first n reviews.
func loadReviews(path string, n int) ([]review, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("the reviews: %w; start the demo from the repository's root", err)
	}
	defer file.Close() //nolint:errcheck // it was only read
	reviews := make([]review, 0, n)
	lines := bufio.NewScanner(file)
	for len(reviews) < n && lines.Scan() {
		var r review
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, len(reviews)+1, err)
		}
		reviews = append(reviews, r)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if len(reviews) < n {
		return nil, fmt.Errorf("%s has %d reviews, the demo needs %d", path, len(reviews), n)
	}
	return reviews, nil
}

var labels = [3]string{"positive", "negative", "neutral"}

// people's label is the sign of their rating.
func (r review) people() string {
	switch {
	case r.Rating > 0:
		return labels[0]
	case r.Rating < 0:
		return labels[1]
	}
	return labels[2]
}

// own is the embedded model's own label of the review, asked without weir, prompt or network.
func (r review) own() string { return local.Label(local.Sentiment(r.Text)) }

// labelIn returns the one label that a value names, in whatever words; "" where it names none or more than one.
func labelIn(value string) string {
	value, found := strings.ToLower(value), ""
	for _, label := range labels {
		if !strings.Contains(value, label) {
			continue
		}
		if found != "" {
			return ""
		}
		found = label
	}
	return found
}
