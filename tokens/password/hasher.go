package password

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"time"
)

// ErrBusy says that too many passwords are being hashed already. Nothing was decided about the password: whoever sent
// it may send it again in some seconds.
var ErrBusy = errors.New("too many passwords are being checked at the moment")

// current is what hashing costs now: 19 MiB, 2 passes, 1 lane (OWASP Password Storage Cheat Sheet; ASVS 5.0 appendix
// C). Raising it is enough: hashes of before are read as they are, and made anew when their owners log in.
var current = cost{memory: 19 << 10, passes: 2, threads: 1}

// HasherOptions are what a Hasher needs.
type HasherOptions struct {
	// Parallel is the number of passwords hashed at once, each with 19 MiB and one CPU busy for some 25 ms. Zero or
	// less: half of the CPUs, at least one, so that other calls are answered while a flood of logins is worked off.
	Parallel int
	Patience time.Duration // how long a call waits for its turn; 0 is 10 s
	// Observe is told of each password that was hashed, and how long that took with the wait for its turn, and of each
	// that was refused as too many wait. nil: nobody.
	Observe func(took time.Duration, refused bool)
	Random  io.Reader // for the salts; safe for concurrent use, as crypto/rand.Reader is
}

// Hasher hashes passwords and compares them with their hashes: argon2id (RFC 9106) over the text in Unicode form NFKC,
// so that a password is the same from every keyboard. Nothing is trimmed or cut. It is ready for concurrent use: at
// most Parallel calls work, and one more for people who are known; the others wait in line as Turn says.
type Hasher struct {
	line    *line
	random  io.Reader
	cost    cost
	observe func(took time.Duration, refused bool)
}

// NewHasher makes a Hasher.
func NewHasher(o HasherOptions) *Hasher {
	if o.Parallel < 1 {
		o.Parallel = max(1, runtime.GOMAXPROCS(0)/2)
	}
	if o.Patience == 0 {
		o.Patience = waitLongest
	}
	if o.Observe == nil {
		o.Observe = func(time.Duration, bool) {}
	}
	return &Hasher{line: newLine(o.Parallel, o.Patience), random: o.Random, cost: current, observe: o.Observe}
}

// Waiting returns how many calls wait for their turn.
func (h *Hasher) Waiting() int { return h.line.inLine() }

// turn waits for a turn, and has it observed when that is given back, or was refused.
func (h *Hasher) turn(ctx context.Context, t Turn) (give func(), err error) {
	began := time.Now()
	leave, err := h.line.take(ctx, t)
	if err != nil {
		if errors.Is(err, ErrBusy) {
			h.observe(time.Since(began), true)
		}
		return nil, err
	}
	return func() {
		leave()
		h.observe(time.Since(began), false)
	}, nil
}

// Hash returns the PHC string to store for a password: "$argon2id$v=19$m=19456,t=2,p=1$salt$hash". The errors: ErrBusy;
// the context's, where it ends before the turn has come; a password over the limits, which Check has to find first;
// failing randomness.
func (h *Hasher) Hash(ctx context.Context, t Turn, password string) (string, error) {
	text, fits := normalise(password)
	if !fits {
		return "", errors.New("hashing a password: it is too long")
	}
	give, err := h.turn(ctx, t)
	if err != nil {
		return "", err
	}
	defer give() // the turn is held while hashing alone: it stands for 19 MiB
	return h.hash(text)
}

// Verify reports whether phc, as Hash gave it, is the hash of this password. An empty phc is nobody's: the answer is
// no, and takes as long as any other. Where the password is right and hashing has been made dearer since, rehash is the
// PHC string to store in place of the old one, else it is empty. The errors: ErrBusy; the context's, where it ends
// before the turn has come; a phc that is none, or asks for more than 64 MiB or 16 passes: the record is damaged;
// failing randomness.
func (h *Hasher) Verify(ctx context.Context, t Turn, password, phc string) (right bool, rehash string, err error) {
	stored, someones := h.nobodys(), phc != ""
	if someones {
		if stored, err = parsePHC(phc); err != nil {
			return false, "", fmt.Errorf("reading a stored password: %w", err)
		}
	}
	text, fits := normalise(password)
	give, err := h.turn(ctx, t)
	if err != nil {
		return false, "", err
	}
	defer give()
	// Hashed in each case, so that the time says nothing; and nothing is the right password of nobody.
	right = stored.is(text) && someones && fits
	if right && stored.weaker(h.cost) {
		rehash, err = h.hash(text)
	}
	return right, rehash, err
}

// nobodys is a hash to compare with where there is none: made by no password. It costs what a new hash does, which for
// nearly everybody is what theirs does; a hash from before the cost was raised is quicker until its owner logs in.
func (h *Hasher) nobodys() phc {
	return phc{h.cost, make([]byte, saltLength), make([]byte, hashLength)}
}

// hash works in the caller's turn.
func (h *Hasher) hash(text string) (string, error) {
	salt := make([]byte, saltLength)
	if _, err := io.ReadFull(h.random, salt); err != nil {
		return "", fmt.Errorf("salting a password: %w", err)
	}
	return phc{h.cost, salt, derive(text, salt, h.cost, hashLength)}.String(), nil
}
