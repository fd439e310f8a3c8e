package config

import (
	"errors"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Bytes is a number of bytes.
type Bytes int64

// units are those that a file may use, the largest first.
var units = []struct {
	name string
	size int64
}{{"GiB", gib}, {"MiB", mib}, {"KiB", kib}, {"B", 1}}

// String returns the number in the largest unit that leaves it whole, such as 16MiB.
func (b Bytes) String() string {
	for _, unit := range units {
		if n := int64(b); n != 0 && n%unit.size == 0 {
			return strconv.FormatInt(n/unit.size, 10) + unit.name
		}
	}
	return "0B"
}

func parseBytes(text string) (Bytes, error) {
	size := int64(1)
	for _, unit := range units {
		if number, ok := strings.CutSuffix(text, unit.name); ok {
			text, size = strings.TrimSpace(number), unit.size
			break
		}
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 || n > math.MaxInt64/size {
		return 0, errors.New("must be a number of bytes, plain or with B, KiB, MiB or GiB, such as 16MiB")
	}
	return Bytes(n * size), nil
}

var levels = map[string]slog.Level{
	"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError,
}

// read reads a scalar into the place that `to` points to. The error continues the name of the key.
func read(to any, text string) error {
	var err error
	switch to := to.(type) {
	case *string:
		*to = text
	case *int:
		if *to, err = strconv.Atoi(text); err != nil {
			return fmt.Errorf("must be a whole number, not %s", quote(text))
		}
	case *Bytes:
		*to, err = parseBytes(text)
	case *Dollars:
		*to, err = parseDollars(text)
	case *time.Duration:
		if *to, err = time.ParseDuration(text); err != nil {
			return fmt.Errorf("must be a duration with its unit, such as 30s, 2m or 1m30s, not %s", quote(text))
		}
	case *slog.Level:
		level, ok := levels[text]
		if !ok {
			return fmt.Errorf("must be debug, info, warn or error, not %s", quote(text))
		}
		*to = level
	default:
		return errors.New("has no type that can be read: a fault of weir")
	}
	return err
}

// standards gives every field of target its default. The tables' defaults can all be read, which a test proves.
func standards[T any](target *T, fields []field[T]) {
	for _, f := range fields {
		if f.standard != "" {
			_ = read(f.at(target), f.standard)
		}
	}
}

// check returns what is wrong with the value that target has at the field; empty: nothing.
func (f field[T]) check(target *T) string {
	switch value := f.at(target).(type) {
	case *int:
		return f.within(int64(*value), showNumber)
	case *Bytes:
		return f.within(int64(*value), showBytes)
	case *time.Duration:
		return f.within(int64(*value), showDuration)
	case *string:
		return f.checkText(*value)
	}
	return ""
}

func (f field[T]) within(n int64, show func(int64) string) string {
	if n >= f.min && n <= f.max {
		return ""
	}
	return fmt.Sprintf("must be from %s to %s, not %s", show(f.min), show(f.max), show(n))
}

func (f field[T]) checkText(text string) string {
	if text == "" && len(f.only) > 0 {
		return ""
	}
	if len(f.choices) > 0 && !slices.Contains(f.choices, text) {
		if text == "" {
			return "is missing: " + strings.Join(f.choices, " or ")
		}
		return fmt.Sprintf("must be %s, not %s", strings.Join(f.choices, " or "), quote(text))
	}
	if f.max > 0 && int64(len(text)) > f.max {
		return fmt.Sprintf("must be at most %d bytes long, not %d", f.max, len(text))
	}
	return ""
}

func showNumber(n int64) string { return strconv.FormatInt(n, 10) }

func showBytes(n int64) string { return Bytes(n).String() }

// showDuration leaves out the zeros that Go puts behind a duration: 2m, not 2m0s.
func showDuration(n int64) string {
	text := time.Duration(n).String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// quote shows a piece of the file in a message: short, and on one line.
func quote(text string) string {
	const most = 40
	if len(text) <= most {
		return strconv.Quote(text)
	}
	return strconv.Quote(strings.ToValidUTF8(text[:most], "")) + "…"
}
