package web

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"postern/server/web/fields"
	"postern/store/refuse"
)

// Body reads the whole body within the route's limits of size and time. Its errors are answered as 413, 408 and 400.
func (c *Call) Body() ([]byte, error) {
	body, err := c.BodyReader()
	if err != nil || c.R.ContentLength == 0 {
		return nil, err
	}
	return readAll(body, body.most)
}

// BodyReader returns the body, to be read piece by piece within the route's limits of size and time. Its errors, and
// those of its Read, are those of Body.
func (c *Call) BodyReader() (*BodyReader, error) {
	limit := c.route.BodyLimit
	if limit == 0 {
		limit = defaultBodyLimit
	}
	if c.R.ContentLength > limit {
		c.W.Header().Set("Connection", "close") // rather than read what nobody wants
		return nil, tooLarge(limit)
	}
	if c.route.BodyTime != 0 && c.R.ContentLength != 0 {
		c.bodyWithin(c.route.BodyTime)
	}
	if c.R.ContentLength > 0 {
		limit = c.R.ContentLength
	}
	return &BodyReader{call: c, body: http.MaxBytesReader(c.answer.ResponseWriter, c.R.Body, limit), most: limit}, nil
}

// BodyReader is the body of a call while it arrives.
type BodyReader struct {
	call *Call
	body io.Reader
	most int64 // bytes
}

// Read reads what has arrived, and io.EOF at the end alone.
func (b *BodyReader) Read(p []byte) (int, error) {
	n, err := b.body.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = b.call.bodyFault(err)
	}
	return n, err
}

// readAll reads up to its end what has at most so many bytes. What is announced is not yet here: it makes room for
// twice of what has arrived, but for no more than there can be, so that a large body does not take twice its size.
func readAll(r io.Reader, most int64) ([]byte, error) {
	most++ // room in which to meet the end
	b := make([]byte, 0, min(most, keepBuffer))
	for {
		if len(b) == cap(b) {
			b = append(make([]byte, 0, min(most, 2*int64(cap(b)))), b...)
		}
		n, err := r.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		if errors.Is(err, io.EOF) {
			return b, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// bodyWithin bounds the time that reading the body may take from now on; net/http lifts the bound at the body's end, so
// that a handler may outlast it. Time is the connection's here, so it is the real one.
func (c *Call) bodyWithin(d time.Duration) {
	// not every transport has deadlines
	_ = http.NewResponseController(c.answer.ResponseWriter).SetReadDeadline(time.Now().Add(d))
}

func (c *Call) bodyFault(err error) error {
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large), errors.Is(err, context.Canceled):
		return err
	case errors.Is(err, os.ErrDeadlineExceeded):
		c.W.Header().Set("Connection", "close")
		return &Problem{Status: http.StatusRequestTimeout, Detail: "The body took too long to arrive."}
	}
	c.W.Header().Set("Connection", "close")
	return &refuse.Refusal{Kind: refuse.Invalid, Reason: "The body ended before it was complete.", Cause: err,
		Fields: map[string][]string{"": {"The body ended before it was complete."}}}
}

// Decode reads the JSON body into what o fills in. It answers 415 for a body that does not say that it is JSON,
// except on routes with a bearer token, and 400 with all faults.
func (c *Call) Decode(o fields.Object) error {
	if !c.route.Caller.isBearer() && c.R.ContentLength != 0 {
		if err := c.RequireType("application/json"); err != nil {
			return err
		}
	}
	body, err := c.Body()
	if err != nil {
		return err
	}
	_, err = fields.Decode(body, o) // unknown properties are nobody's concern here
	return err
}

// typePDF is read as octets: a charset beside it says nothing.
const typePDF = "application/pdf"

// RequireType answers 415 unless the body says to be of that type, and text in UTF-8 if it names a charset.
func (c *Call) RequireType(want string) error {
	given := c.R.Header.Get("Content-Type")
	if given == want {
		return nil
	}
	media, params, err := mime.ParseMediaType(given)
	charset := params["charset"]
	if readable := charset == "" || isUTF8(charset) || want == typePDF; err != nil || media != want || !readable {
		return unsupported(want)
	}
	return nil
}

// isUTF8 takes the usual misspelling as well.
func isUTF8(charset string) bool {
	return strings.EqualFold(charset, "utf-8") || strings.EqualFold(charset, "utf8")
}

func unsupported(want string) error {
	if want != typePDF {
		want += ", in UTF-8"
	}
	return &Problem{Status: http.StatusUnsupportedMediaType,
		Detail: "The body must be sent as Content-Type: " + want + "."}
}

// checkEncoding answers 415 where a body comes with a Content-Encoding, whoever calls and whether the body would be
// read or not: read as it is, it would be taken for a broken one. That holds for identity too (RFC 9110 §8.4.1
// reserves it).
func (c *Call) checkEncoding() error {
	if c.R.ContentLength == 0 {
		return nil
	}
	for _, line := range c.R.Header["Content-Encoding"] {
		for coding := range strings.SplitSeq(line, ",") {
			if coding = strings.Trim(coding, " \t"); coding != "" {
				return &Problem{Status: http.StatusUnsupportedMediaType,
					Detail: "The body has a Content-Encoding, which is not taken here: send it as it is, without " +
						"that header."}
			}
		}
	}
	return nil
}

// Form reads a page's form: application/x-www-form-urlencoded, valid UTF-8, no field twice.
func (c *Call) Form() (map[string]string, error) {
	if err := c.RequireType("application/x-www-form-urlencoded"); err != nil {
		return nil, err
	}
	body, err := c.Body()
	if err != nil {
		return nil, err
	}
	values, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, refuse.New(refuse.Invalid, "The form can't be read.")
	}
	form := make(map[string]string, len(values))
	for name, list := range values {
		if len(list) != 1 || !utf8.ValidString(name) || !utf8.ValidString(list[0]) {
			return nil, refuse.New(refuse.Invalid, "The form can't be read.")
		}
		form[name] = list[0]
	}
	return form, nil
}
