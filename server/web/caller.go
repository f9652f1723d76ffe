package web

// Caller says who may call a route. The zero Caller is anybody. It is proved by the handler; here follows from it how
// the body is read and how 401 is answered.
type Caller struct {
	Proof    *Proof
	Scopes   []string // of a bearer token, each of which it must have
	Optional bool     // the proof may be missing, and then changes what is answered
}

// Proof is what shows who calls: a bearer token in the header Authorization, or else what a header or cookie holds.
type Proof struct {
	Name   string // in the description, as partnerToken
	Header string
	Cookie string
	Text   string // where it is got
}

// isBearer reports whether an Authorization: Bearer header proves the caller: a browser never sends that by itself, so
// the body is read as JSON whatever its Content-Type.
func (c Caller) isBearer() bool {
	return c.Proof != nil && c.Proof.Header == "" && c.Proof.Cookie == ""
}
