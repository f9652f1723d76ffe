package config

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"text/template"

	"github.com/kelseyhightower/envconfig"
)

// SettingsPrefix starts the name of every setting.
const SettingsPrefix = "POSTERN"

// Settings are the settings as the operator wrote them: text, by the name of an environment variable. Empty means the
// default. Parse makes a Config of them, and says for each field how it is read. All else about a setting is written
// down here: its name follows from the field, and the tags say its default (default, or in words computed), its meaning
// (desc), and what it may be (bounds, oneof).
//
// The fields are strings, because envconfig stops at the first value that it cannot convert, and an operator should see
// every fault at once. None has an envconfig tag: it would also read the name without the prefix, and a stray TLS_CERT
// or LISTEN in an environment must not reach the appliance.
type Settings struct {
	Listen         string `default:"127.0.0.1:8080" desc:"HTTP address"`
	OperatorListen string `split_words:"true" computed:"LISTEN, for this machine alone" desc:"address of console, inbox, metrics and details of readiness"`
	OperatorHosts  string `split_words:"true" computed:"PUBLIC_URL's" desc:"more names that OPERATOR_LISTEN answers to"`
	Data           string `default:"./postern-data" desc:"data directory, made at first start"`
	PublicURL      string `split_words:"true" computed:"LISTEN's address" desc:"base of every link in a letter"`
	TLS            struct {
		Cert string `desc:"PEM file: serve HTTPS with this certificate"`
		Key  string `desc:"PEM file: the certificate's private key"`
	}
	Timezone       string `default:"Europe/Brussels" desc:"zone of the times in letters, on pages and in documents"`
	TrustedProxies string `split_words:"true" desc:"CIDRs whose X-Forwarded-For and X-Forwarded-Proto count"`
	AllowedOrigins string `split_words:"true" computed:"origin of EECD_ACTIVATION_URL" desc:"browsers' origins that may call the eECD API"`
	SMTP           struct {
		URL          string `secret:"url" computed:"built-in inbox" desc:"smtp://user:pass@host:587 or smtps://…; ?tls=off, ?auth=, ?hello="`
		PasswordFile string `split_words:"true" desc:"file with the password, instead of the one in SMTP_URL"`
		CAFile       string `split_words:"true" computed:"the system's roots" desc:"PEM roots for the smarthost"`
		Connections  string `bounds:"1 20" default:"2" desc:"parallel connections to the smarthost, 1 to 20"`
		PerMinute    string `bounds:"1 100000" split_words:"true" computed:"no limit" desc:"letters a minute, for smarthosts that count"`
		OAuth        struct {
			URL        string `desc:"token endpoint for auth=xoauth2 (client credentials)"`
			ClientID   string `split_words:"true" desc:"client that asks for tokens"`
			SecretFile string `split_words:"true" desc:"file with the client's secret"`
			Scope      string `desc:"scope of the tokens"`
		}
	}
	Mail struct {
		From        string `computed:"Postern <postern@localhost>" desc:"sender; its domain makes the Message-ID"`
		GiveUpAfter string `bounds:"1s 8784h" split_words:"true" default:"72h" desc:"a letter that cannot be delivered for so long has failed"`
	}
	Bounce struct {
		Address string `computed:"MAIL_FROM's address" desc:"envelope sender of letters, to where mail comes back, as gate+{code}@client.example"`
		Listen  string `desc:"host:port of an SMTP listener for mail to BOUNCE_ADDRESS"`
		IMAP    struct {
			URL          string `secret:"url" desc:"mailbox of what comes back: imaps://user@host/Folder; ?auth=xoauth2, ?move=Folder"`
			PasswordFile string `split_words:"true" desc:"file with that mailbox's password"`
		}
	}
	Contact      string `desc:"Reply-To of letters"`
	Organisation string `desc:"name shown in letters and on pages"`
	PrivacyURL   string `split_words:"true" desc:"link to the privacy statement in letters and on pages"`
	Brand        struct {
		Logo   string `desc:"SVG or PNG file shown on pages in place of the organisation's name"`
		Colour string `default:"#0b5a6b" desc:"colour of buttons and links on pages, as #0b5a6b"`
	}
	LettersDir         string `split_words:"true" desc:"directory with your own letter texts, which override the built-in ones file by file"`
	EECDActivationURL  string `split_words:"true" computed:"PUBLIC_URL/eecd/activate" desc:"your page for the link, with {token} and {cleaningId}"`
	ConfirmationTTL    string `bounds:"1s 720h" split_words:"true" default:"24h" desc:"life of a confirmation token, from sending"`
	ConfirmationReuse  string `bounds:"0s 24h" split_words:"true" default:"10m" desc:"a used confirmation token gives the same answer for so long"`
	InvitationTTL      string `bounds:"1s 8784h" split_words:"true" default:"168h" desc:"life of a biker's set-password link after registration"`
	RecoveryTTL        string `bounds:"1s 720h" split_words:"true" default:"1h" desc:"life of a forgot-password link"`
	PasswordMin        string `bounds:"8 64" split_words:"true" default:"15" desc:"code points of a password, at least: 8 to 64"`
	RepeatLettersAfter string `bounds:"1s 878400h" split_words:"true" default:"720h" desc:"a person is told again of an account, or of the same failure, so long after the last post"`
	UserTokenTTL       string `bounds:"1s 8784h" split_words:"true" default:"24h" desc:"life of a user token"`
	ReactivateAfter    string `bounds:"1s 87840h" split_words:"true" default:"720h" desc:"a user must prove the mailbox again after so long"`
	SignIn             string `oneof:"email mailbox" split_words:"true" default:"email" desc:"email: the address is enough; mailbox: a proven user token or a mail"`
	Keep               struct {
		Unconfirmed string `bounds:"1s 878400h" default:"720h" desc:"users who never activated are deleted after so long"`
		Sent        string `bounds:"1s 878400h" default:"336h" desc:"letters that are done are deleted after so long"`
		Events      string `bounds:"1s 878400h" default:"9600h" desc:"events are deleted after so long"`
		Cleanings   string `bounds:"1s 878400h" default:"17520h" desc:"cleanings are deleted so long after their last change"`
	}
	Backup struct {
		Dir   string `desc:"directory, best on another disk, that the appliance fills with backups"`
		Every string `bounds:"1s 8784h" default:"24h" desc:"a backup is made so often"`
		Keep  string `bounds:"1 10000" default:"14" desc:"so many of the newest backups are kept"`
	}
	KeyFile string `split_words:"true" computed:"DATA/postern.keys" desc:"token keys (0600), made at first start"`
	Webhook struct {
		URL        string `secret:"query" desc:"events are posted there, in order, as Standard Webhooks has it; https"`
		SecretFile string `split_words:"true" desc:"file with the secret whsec_… that signs them"`
	}
	Log struct {
		Level  string `oneof:"debug info warn error" default:"info" desc:"debug, info, warn or error"`
		Format string `oneof:"json console" computed:"json, console on a terminal" desc:"json or console"`
	}
	Limit struct {
		Register        string `default:"20/h" desc:"register calls per client"`
		SignIn          string `split_words:"true" default:"60/h" desc:"sign-in calls answered 403 or 404, per client"`
		Exempt          string `desc:"CIDRs of clients without these two limits, and without LIMIT_LOGIN's per client"`
		StrangerLetters string `split_words:"true" default:"500/h" desc:"letters in all to mailboxes never proven"`
		AddressLetters  string `split_words:"true" default:"5/h" desc:"activation and recovery letters per address"`
		PartnerLetters  string `split_words:"true" default:"20000/24h" desc:"letters that one partner causes; the rest are held"`
		PartnerPeople   string `split_words:"true" default:"100000/24h" desc:"people whom one partner's calls register, change or write to; repeats are free"`
		PartnerAnswers  string `split_words:"true" default:"1000/24h" desc:"megabytes of answers kept for one partner's Idempotency-Keys"`
		Login           string `default:"5" desc:"wrong passwords before delays start, per account; ten times that per client"`
	}

	// Unknown are the names with our prefix that are no setting: a misspelt one must not pass in silence.
	Unknown []string `ignored:"true"`
}

// ReadSettings reads the settings from the process's environment.
func ReadSettings() (Settings, error) {
	var s Settings
	if err := envconfig.Process(SettingsPrefix, &s); err != nil {
		return Settings{}, fmt.Errorf("reading the settings: %w", err)
	}
	known := map[string]bool{}
	s.Each(func(v Variable) { known[v.Name] = true })
	for _, entry := range os.Environ() {
		name, _, _ := strings.Cut(entry, "=")
		if strings.HasPrefix(name, SettingsPrefix+"_") && !known[name] {
			s.Unknown = append(s.Unknown, name)
		}
	}
	return s, nil
}

// Variable is one setting: its full name, its place in Settings, and what the tags say of it.
type Variable struct {
	Name  string
	Value reflect.Value
	tags  reflect.StructTag
}

// Each calls visit for every setting, in the order of Settings. envconfig tells what it found only to a template, so
// a template it is: deriving the names once more by a rule of our own could differ from what it reads.
func (s *Settings) Each(visit func(Variable)) {
	walk := template.New("settings").Funcs(template.FuncMap{
		"visit": func(name string, tags reflect.StructTag, value reflect.Value) string {
			visit(Variable{Name: name, tags: tags, Value: value})
			return ""
		},
	})
	template.Must(walk.Parse(`{{range .}}{{visit .Key .Tags .Field}}{{end}}`))
	if err := envconfig.Usaget(SettingsPrefix, s, io.Discard, walk); err != nil {
		panic("server: walking the settings: " + err.Error()) // only a change of Settings itself can cause it
	}
}

// fill puts the default where a setting is empty, as a compose file's "POSTERN_LISTEN=" leaves it.
func (s *Settings) fill() {
	s.Each(func(v Variable) {
		if trimmed := strings.TrimSpace(v.Value.String()); trimmed != "" {
			v.Value.SetString(trimmed)
		} else {
			v.Value.SetString(v.tags.Get("default"))
		}
	})
}

// DataDir is the data directory, which alone is enough to find an appliance that runs.
func (s Settings) DataDir() string {
	s.fill()
	return filepath.Clean(s.Data)
}
