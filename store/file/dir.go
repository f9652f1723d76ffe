package file

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"postern/store/private"
)

// prepareDir makes the data directory where it is missing, and judges who else may open it and what is in it. It
// changes nothing of what somebody else has made, but what holds no secret: a start must not take away a right that an
// operator gave on purpose, and must not go on where others may read people's data.
func prepareDir(dir string) error {
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return makeDir(dir)
	}
	if err := private.Own(dir); err != nil {
		return err
	}
	closeCopies(dir)
	return errors.Join(private.Dir(dir, DataFile(dir)), private.File("the data file", DataFile(dir)),
		private.Mend("the lock file", filepath.Join(dir, lockName)))
}

func makeDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf(
			"the data directory %s cannot be made: %w; make it, and give it to the user that runs Postern", dir, err)
	}
	return private.Sync(filepath.Dir(dir))
}

// closeCopies closes to others the copies of older schemas, and what a restore has kept. Earlier versions of Postern
// did, but whoever copied them about may not have; they hold as much as the data file, and no start needs them.
func closeCopies(dir string) {
	for _, path := range Older(dir) {
		_ = private.Close(path)
	}
}
