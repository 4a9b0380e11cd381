// Makes table.jsonl, what Go itself makes of our templates: go run make-table.go < templates.txt > table.jsonl
//
// A line of templates.txt is a template; ␤ stands for a line's end. Printf's verbs are put together here. Made with go1.19, which
// Debian's Docker 20.10 is built with; what Go has learnt since (else with, range over numbers, range = into a variable) is not in here.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"text/template"
)

// Platform and Context have the fields that Docker documents, in its order: messages and %v show them.
type Platform struct {
	Architecture string
	OS           string
}

type Context struct {
	Service struct {
		ID     string
		Name   string
		Labels map[string]string
	}
	Node struct {
		ID       string
		Hostname string
		Platform Platform
	}
	Task struct {
		ID   string
		Name string
		Slot string
	}
}

type row struct {
	Template string `json:"template"`
	Output   string `json:"output,omitempty"`
	Bytes    []byte `json:"bytes,omitempty"` // where the output is no UTF-8
	Error    string `json:"error,omitempty"`
}

func context() *Context {
	c := &Context{}
	c.Service.ID, c.Service.Name = "s1", "web"
	c.Service.Labels = map[string]string{"b": "2", "a": "1", "tier": "x & <y>"}
	c.Node.ID, c.Node.Hostname, c.Node.Platform = "n1", "höst", Platform{"x86_64", "linux"}
	c.Task.ID, c.Task.Name, c.Task.Slot = "t1", "web.3.t1", "3"
	return c
}

func functions() template.FuncMap {
	return template.FuncMap{
		"join": func(s ...string) string { return strings.Join(s[1:], s[0]) },
		"list": func(items ...any) []string {
			list := []string{}
			for _, item := range items {
				list = append(list, fmt.Sprint(item))
			}
			return list
		},
		"env": func(name string) (string, error) { return map[string]string{"A": "1"}[name], nil },
		"secret": func(target string) (string, error) {
			if target == "s" {
				return "gehe<im>", nil
			}
			return "", fmt.Errorf("secret target %s not found", target)
		},
	}
}

func run(text string) (string, error) {
	t, err := template.New("expansion").Option("missingkey=error").Funcs(functions()).Parse(text)
	if err != nil {
		return "", err
	}
	var b bytes.Buffer
	if err := t.Execute(&b, context()); err != nil {
		return "", errors.New(strings.ReplaceAll(err.Error(), "main.", "template."))
	}
	return strings.ReplaceAll(b.String(), "main.", "template."), nil
}

func main() {
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	emit := func(text string) {
		r := row{Template: text}
		made, err := run(text)
		switch {
		case err != nil:
			r.Error = err.Error()
		case strings.ToValidUTF8(made, "") != made:
			r.Bytes = []byte(made)
		default:
			r.Output = made
		}
		if err := out.Encode(r); err != nil {
			panic(err)
		}
	}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		emit(strings.ReplaceAll(lines.Text(), "␤", "\n"))
	}
	specs := strings.Fields("%v %+v %#v %T %t %d %5d %-5d| %05d %+d %x %X %#x %o %O %#o %b %c %q %#q %+q %U %#U %s %10s| %-10s| %.2s %05s %e %f %.2f %8.2f %-8.2f| %08.2f %+.1f %g %.3g %G %w %z %é %6v %-6v| %.3v %.3d %8.3d %.0d %-05d| %+05d %+v|")
	specs = append(specs, "% d", "% x", "% X", "%# x", "% 05d")
	values := []string{"`abc`", "`é\"\\`", "``", "42", "-7", "0", "true", "1.5", "-0.25", "1000000.0", "123456.0", "1e-5", "100.0", "nil",
		".Service.Labels", ".Node", ".", ".Task", `(list "a" "b c")`, `(index "é" 0)`, "'x'", `"\xff\x00"`, `(list)`}
	floats := map[string]bool{"1.5": true, "-0.25": true, "1000000.0": true, "123456.0": true, "1e-5": true, "100.0": true}
	for _, spec := range specs {
		for _, value := range values {
			// a float's bits (%x, %b) and its trailing zeros (%#v): nobody's secret needs them
			if floats[value] && strings.ContainsAny(spec, "xXb#") {
				continue
			}
			emit(fmt.Sprintf(`{{printf "%s" %s}}`, spec, value))
		}
	}
}
