package main

import (
	_ "embed" // the picture's skeleton
	"fmt"
	"math"
	"os"
	"strings"
	"text/template"
	"time"
)

//go:embed picture.svg.tmpl
var pictureText string

var pictureTemplate = template.Must(template.New("picture.svg").Parse(pictureText))

// The plot's place in the picture.
const (
	plotLeft, plotRight = 84.0, 560.0
	plotTop, plotBottom = 100.0, 364.0
)

// plot is the picture: records answered over time, both ways from the start of each, and the figures beside it.
type plot struct {
	Title, Subtitle, Description string
	Left, Right, Bottom          string
	LabelX, ColumnY              string
	Rows, Columns                []tickMark
	A, B                         curve
	Ends                         []end
	Figures                      []figure

	longest time.Duration // the time at plotRight
	most    int           // the records at plotTop
}

type tickMark struct{ At, Text, Label string }

type curve struct{ Path string }

// end is where a curve ends, and what is said there.
type end struct {
	Class, X, Y, TextX, NameY, TextY string
	Name, Text                       string
}

type figure struct {
	At, TextY int
	Big, Text string
}

// draw writes the picture into a file.
func (c *comparison) draw(path string) error {
	picture, err := c.picture()
	if err != nil {
		return err
	}
	return os.WriteFile(path, picture, 0o600)
}

// picture is the run as an SVG, which fits light pages and dark ones.
func (c *comparison) picture() ([]byte, error) {
	p := &plot{
		Title: fmt.Sprintf("%[1]s real reviews: %[2]s model calls instead of %[1]s", number(c.b.records), number(c.b.counted.calls)),
		Subtitle: fmt.Sprintf("Records over time. Simulated model, %d calls at once both ways; a call takes %s, with %d records %s.",
			c.atOnce, milliseconds(c.a.callMean()), c.b.batch, milliseconds(c.b.callMean())),
		Left: px(plotLeft), Right: px(plotRight), Bottom: px(plotBottom),
		LabelX: px(plotLeft - 10), ColumnY: px(plotBottom + 22),
		longest: (max(c.a.took, c.b.took) * 103 / 100).Truncate(time.Millisecond),
		most:    max(c.a.records, c.b.records),
	}
	p.Description = fmt.Sprintf("%s: %s. %s: %s.", c.a.name, done(c.a), c.b.name, done(c.b))
	p.rule()
	p.A, p.B = p.curve(c.a), p.curve(c.b)
	p.Ends = []end{p.end("a", c.a), p.end("b", c.b)}
	p.Figures = c.figures()
	var b strings.Builder
	if err := pictureTemplate.Execute(&b, p); err != nil {
		return nil, fmt.Errorf("drawing the run: %w", err)
	}
	return []byte(b.String()), nil
}

// rule makes the lines and the labels of both axes.
func (p *plot) rule() {
	for n := 0; n <= p.most; n += max(p.most/4, 1) {
		p.Rows = append(p.Rows, tickMark{px(p.y(n)), px(p.y(n) + 4), number(n)})
	}
	step := 5 * time.Second
	for p.longest/step > 8 {
		step *= 2
	}
	for at := time.Duration(0); at <= p.longest; at += step {
		p.Columns = append(p.Columns, tickMark{At: px(p.x(at)), Label: fmt.Sprintf("%.0f s", at.Seconds())})
	}
}

// curve leaves out points that nobody could see.
func (p *plot) curve(m *measurement) curve {
	var path strings.Builder
	fmt.Fprintf(&path, "M%s %s", px(plotLeft), px(plotBottom))
	last := plotLeft
	for i, mark := range m.marks {
		x := p.x(mark.after)
		if x-last < 3 && i < len(m.marks)-1 {
			continue
		}
		fmt.Fprintf(&path, "L%s %s", px(x), px(p.y(mark.done)))
		last = x
	}
	return curve{path.String()}
}

// end puts the text beside the end of a curve: left of it, where the curve has come from below, else above.
func (p *plot) end(class string, m *measurement) end {
	x, y := p.x(m.took), p.y(m.answered)
	e := end{Class: class, X: px(x), Y: px(y), Name: m.name, Text: done(m)}
	if y < (plotTop+plotBottom)/2 {
		e.TextX, e.NameY, e.TextY = px(x-64), px(y+20), px(y+38)
	} else {
		e.TextX, e.NameY, e.TextY = px(x+5), px(y-27), px(y-10)
	}
	return e
}

func (p *plot) x(after time.Duration) float64 {
	return plotLeft + (plotRight-plotLeft)*after.Seconds()/max(p.longest, time.Millisecond).Seconds()
}

func (p *plot) y(records int) float64 {
	return plotBottom - (plotBottom-plotTop)*float64(records)/float64(max(p.most, 1))
}

// figures are what the run comes to, largest first.
func (c *comparison) figures() []figure {
	list := []figure{
		{Big: times(c.a.callsPerRecord() / c.b.callsPerRecord()), Text: "fewer model calls a record"},
		{Big: times(c.b.rate() / c.a.rate()), Text: fmt.Sprintf("records a second: %.3g against %.3g", c.b.rate(), c.a.rate())},
		{Big: change(c.a.byCall(), c.b.byCall()), Text: fmt.Sprintf("cost: %s a call, %s with %d",
			dollars(singleCallPrice, 3), dollars(batchCallPrice, 3), c.b.batch)},
		{Big: of(c.b.asModel(c.reviews), c.b.records), Text: "labels equal to the model's own"},
	}
	for i := range list {
		list[i].At = 124 + 68*i
		list[i].TextY = list[i].At + 21
	}
	return list
}

func done(m *measurement) string {
	return fmt.Sprintf("%s records in %s", number(m.answered), seconds(m.took))
}

// px writes a coordinate with one decimal at most.
func px(v float64) string { return fmt.Sprint(math.Round(v*10) / 10) }
