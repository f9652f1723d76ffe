package operator

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"postern/store/file"
	"postern/store/private"
)

// socketName is the operator's socket in the data directory. Whoever may open that directory is the operator: it is
// 0700, and the socket 0600. So there is no password to the operator's acts, and none that could be lost or guessed.
const socketName = "postern.sock"

// longestPath is what fits into a socket's address on Linux (unix(7): sun_path, with its final zero).
const longestPath = 107

// Listen opens the operator's socket. The caller holds the lock of the data directory, so that a socket found there is
// left from a process that died; and it closes the listener before it lets go of the lock.
func Listen(dir string) (net.Listener, error) {
	path := filepath.Join(dir, socketName)
	if err := private.Socket(path); err != nil {
		return nil, err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("removing an old socket: %w", err)
	}
	var inner *net.UnixListener
	err := within(dir, func(short string) (err error) {
		inner, err = net.ListenUnix("unix", &net.UnixAddr{Name: short, Net: "unix"})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("opening the operator's socket: %w", err)
	}
	inner.SetUnlinkOnClose(false) // it would follow the name that it was bound by, which may be gone by then
	// Until here the mode is what the umask leaves; the directory keeps others out meanwhile.
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("closing the operator's socket to others: %w", err), inner.Close())
	}
	return &listener{UnixListener: inner, path: path}, nil
}

// listener removes its socket when it is closed, by its whole name. Where that fails it is found dead by the next
// Listen.
type listener struct {
	*net.UnixListener
	path string
}

func (l *listener) Close() error {
	err := l.UnixListener.Close()
	if err == nil {
		err = os.Remove(l.path)
	}
	return err
}

// Judge reports, as an error, why nothing may be asked of an appliance on a data directory: it is another user's, or
// others may write there, so that whoever answers may be anybody. A directory that is not there is right.
func Judge(dir string) error {
	if err := private.Own(dir); errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	return errors.Join(private.Dir(dir, file.DataFile(dir)), private.Socket(filepath.Join(dir, socketName)))
}

// Dial reaches the appliance that runs on a data directory. Its error says that none answers, whatever the reason: a
// command then looks whether it can open the data file itself.
func Dial(ctx context.Context, dir string) (conn net.Conn, err error) {
	err = within(dir, func(short string) (err error) {
		dialer := net.Dialer{Timeout: 3 * time.Second}
		conn, err = dialer.DialContext(ctx, "unix", short)
		return err
	})
	return conn, err
}

// NewClient returns a client whose requests, to whatever host, all go to the appliance that runs on a data directory.
func NewClient(dir string) *http.Client {
	return &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return Dial(ctx, dir) },
	}}
}

// within calls use with a name of the socket that is short enough for an address. For a directory far down that is a
// name relative to the opened directory: changing the working directory instead would touch the whole process.
func within(dir string, use func(name string) error) error {
	path := filepath.Join(dir, socketName)
	if len(path) <= longestPath {
		return use(path)
	}
	opened, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer opened.Close()
	return use(fmt.Sprintf("/proc/self/fd/%d/%s", opened.Fd(), socketName))
}
