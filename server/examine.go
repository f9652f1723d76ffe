package server

import (
	"cmp"
	"context"
	"strings"
	"syscall"

	"postern/server/backups"
	"postern/server/config"
	"postern/server/doctor"
)

// examine looks at the appliance from all sides, while it runs.
func (a *App) examine(ctx context.Context) doctor.Report {
	o := examination(a.config)
	o.Visits, o.Appliance, o.Now = &a.visits, a.appliance, a.now
	o.Backups = a.backedUp()
	o.Console, o.NoConsole = a.operatorURL()
	if fault := a.bouncesDetail().Fault; fault != "" {
		o.ComesHome, o.Home = false, "the mailbox of what comes back cannot be read: "+fault
	}
	if a.smarthost != nil {
		o.Smarthost = checkerOf(a.smarthost) // the courier's own: one that is well again gets letters at once
	}
	return doctor.Examine(ctx, o)
}

// Examine looks at what an appliance with these settings would find, where none runs or, for the reason denied, none
// may be asked: nothing is opened or changed.
func Examine(ctx context.Context, c config.Config, denied error) (doctor.Report, error) {
	o := examination(c)
	o.Denied = denied
	if c.Backup.Dir != "" { // of others only the data file knows
		newest, err := backups.Dir{Path: c.Backup.Dir, Keep: c.Backup.Keep}.Newest()
		o.Backups = &doctor.Backups{Dir: c.Backup.Dir, Every: c.Backup.Every, At: newest}
		if err != nil {
			o.Backups.Fault = err.Error()
		}
	}
	var err error
	o.Smarthost, err = SmarthostChecker(c)
	if err != nil {
		return doctor.Report{}, err
	}
	return doctor.Examine(ctx, o), nil
}

// backedUp is how it stands with backups; nil: the store does not say.
func (a *App) backedUp() *doctor.Backups {
	at, err := a.store.BackedUpAt()
	if err != nil {
		return nil
	}
	_, fault, _ := a.backups.look()
	return &doctor.Backups{Dir: a.config.Backup.Dir, Every: a.config.Backup.Every, At: at, Fault: fault}
}

// examination is what the settings say to the doctor.
func examination(c config.Config) doctor.Options {
	o := doctor.Options{Warnings: c.Warnings, Dir: c.Data, KeyFile: c.KeyFile, Sender: c.MailFrom.Address,
		PublicURL: c.PublicURL, Certificate: c.TLSCert, Operator: c.OperatorListen}
	o.ComesHome, o.Home = c.Bounce.Home()
	if c.SMTP != nil && c.SMTP.OAuth != nil {
		o.ClockURL = c.SMTP.OAuth.URL
	}
	return o
}

// appliance is what the appliance knows of itself at this moment. It asks nobody else, and goes through no data that
// grows with the people.
func (a *App) appliance() (doctor.Appliance, error) {
	seen, err := a.store.Glance()
	if err != nil {
		return doctor.Appliance{}, err
	}
	now := doctor.Appliance{Glance: seen, NotReady: strings.Join(a.notReady(), "; ")}
	if status := a.courier.Status(); !status.PausedUntil.IsZero() {
		now.Pause = doctor.Pause{Until: status.PausedUntil, Fault: faultText(status)}
	}
	absent, err := a.absent()
	if err != nil {
		return doctor.Appliance{}, err
	}
	for _, partner := range absent {
		now.Silent = append(now.Silent, partner.Name)
	}
	for _, limit := range a.limits.inForce() {
		now.Limits = append(now.Limits, cmp.Or(limitWords[limit.Limit], string(limit.Limit)))
	}
	hook, err := a.webhookDetail()
	if hook != nil {
		now.Webhook = &doctor.Webhook{Receiver: hook.Receiver, Waiting: hook.Waiting, Fault: hook.Fault,
			Since: hook.Since, Lost: hook.Lost}
	}
	var files syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files) == nil {
		now.Descriptors = files.Cur
	}
	return now, err
}
