package options

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// set reads value into the option's field of v. The error says what is allowed; v is then as it was.
func (o *Option) set(v *Values, value string) error {
	switch field := o.field(v).(type) {
	case *int:
		return o.setInt(field, value)
	case *time.Duration:
		var ms int
		if err := o.setInt(&ms, value); err != nil {
			return err
		}
		*field = time.Duration(ms) * time.Millisecond
		return nil
	case **float64:
		return o.setNumber(field, value)
	case *[]string:
		return o.setNames(field, value)
	case *string:
		return o.setText(field, value)
	}
	return errors.New("has no type that can be read: a fault of weir")
}

func (o *Option) setInt(field *int, value string) error {
	n, err := strconv.Atoi(strings.TrimSpace(value))
	if err != nil || n < o.Min || n > o.Max {
		return o.refuse(value)
	}
	*field = n
	return nil
}

func (o *Option) setNumber(field **float64, value string) error {
	if value == "" {
		*field = nil
		return nil
	}
	n, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
	// The comparison is written so that NaN fails it.
	if inside := n >= float64(o.Min) && n <= float64(o.Max); err != nil || !inside {
		return o.refuse(value)
	}
	n = math.Abs(n) // No bound is below 0: this only turns -0 into 0.
	*field = &n
	return nil
}

func (o *Option) setNames(field *[]string, value string) error {
	if err := o.checkText(value); err != nil {
		return err
	}
	if value == "" {
		*field = nil // the default of a list that may be empty; nobody can set it
		return nil
	}
	names := strings.Split(value, ",")
	for i, name := range names {
		names[i] = strings.TrimSpace(name)
		if names[i] == "" {
			return fmt.Errorf("has an empty name in its list, %s", quote(value))
		}
		if slices.Contains(names[:i], names[i]) {
			return fmt.Errorf("names %s twice", quote(names[i]))
		}
	}
	*field = names
	return nil
}

func (o *Option) setText(field *string, value string) error {
	if o.Type == Choice {
		value = strings.TrimSpace(value)
		if !slices.Contains(o.choices(), value) {
			return o.refuse(value)
		}
	}
	if err := o.checkText(value); err != nil {
		return err
	}
	*field = value
	return nil
}

func (o *Option) checkText(value string) error {
	if !utf8.ValidString(value) {
		return errors.New("is not valid UTF-8")
	}
	if o.Max > 0 && len(value) > o.Max {
		return fmt.Errorf("must be %s, not of %d", o.Allowed(), len(value))
	}
	return nil
}

func (o *Option) refuse(value string) error {
	planned := ""
	if slices.Contains(o.Planned, value) {
		planned = " (" + strings.Join(o.Planned, ", ") + " are not there yet)"
	}
	return fmt.Errorf("must be %s, not %s%s", o.Allowed(), quote(value), planned)
}

// text is the opposite of set: the value in its one canonical form.
func (o *Option) text(v *Values) string {
	switch field := o.field(v).(type) {
	case *int:
		return strconv.Itoa(*field)
	case *time.Duration:
		return strconv.FormatInt(field.Milliseconds(), 10)
	case **float64:
		if *field == nil {
			return ""
		}
		return strconv.FormatFloat(**field, 'g', -1, 64)
	case *[]string:
		return strings.Join(*field, ",")
	case *string:
		return *field
	}
	return ""
}

// clip shows a key of a request in a message: as it is where it could be an option's, else quoted.
func clip(name string) string {
	odd := func(c rune) bool { return c <= ' ' || c > '~' }
	if name != "" && len(name) <= 64 && !strings.ContainsFunc(name, odd) {
		return name
	}
	return quote(name)
}

// quote shows a value of a request in a message: short, on one line, and with nothing that could be a control
// character of a terminal.
func quote(s string) string {
	const most = 40
	if len(s) <= most {
		return strconv.Quote(s)
	}
	return strconv.Quote(strings.ToValidUTF8(s[:most], "")) + "…"
}
