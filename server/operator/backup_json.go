package operator

import (
	"io"
	"net/http"
	"strconv"
	"time"

	"postern/server/web"
)

// BackupType is the content type of a backup.
const BackupType = "application/vnd.postern.backup"

// BackupTime is the header that says whose state a backup has.
const BackupTime = "Postern-Backup-Time"

// backup hands out a backup. Making it takes its time, and whoever takes it may: no deadline holds.
func (o *Operator) backup(c *web.Call) error {
	_ = http.NewResponseController(c.W).SetWriteDeadline(time.Time{}) // called in process there is no deadline
	made, err := o.Backup(c.R.Context())
	if err != nil {
		return err
	}
	defer made.Close()
	header := c.W.Header()
	header.Set("Content-Type", BackupType)
	header.Set("Content-Length", strconv.FormatInt(made.Size, 10))
	header.Set(BackupTime, made.At.UTC().Format(time.RFC3339))
	c.W.WriteHeader(http.StatusOK)
	if _, err := io.Copy(c.W, made.File); err != nil {
		panic(http.ErrAbortHandler) // the caller has gone, or the disk fails: no whole answer
	}
	if err := o.BackedUp(c.R.Context(), made); err != nil {
		c.Log().Warn().Err(err).Msg("a backup was handed out, and that could not be written down")
	}
	return nil
}
