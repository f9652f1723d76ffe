package doctor

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
)

// sender looks up what DNS says of the domain that letters come from: receivers refuse a sender that could get no mail,
// and put into the spam what its domain does not vouch for.
func (e *examination) sender(ctx context.Context) []Finding {
	const check = "sender"
	_, domain, _ := strings.Cut(e.Sender, "@")
	domain = strings.ToLower(strings.TrimSuffix(domain, "."))
	switch {
	case domain == "" || e.Smarthost == nil:
		return nil
	case isReserved(domain):
		return []Finding{warn(check, "Set POSTERN_MAIL_FROM to an address of a domain of yours.",
			"Letters come from %s, and the domain %s is one for examples.", e.Sender, domain)}
	}
	found, there := e.exchangers(ctx, domain)
	if !there {
		return found
	}
	return slices.Concat(found, e.spf(ctx, domain), e.dmarc(ctx, domain))
}

// isReserved reports whether a domain is set aside for examples and tests (RFC 2606, RFC 6761).
func isReserved(domain string) bool {
	labels := strings.Split(domain, ".")
	last := labels[len(labels)-1]
	return len(labels) == 1 || slices.Contains([]string{"test", "example", "invalid", "localhost"}, last) ||
		len(labels) > 1 && labels[len(labels)-2] == "example" && slices.Contains([]string{"com", "net", "org"}, last)
}

// exchangers looks whether the domain can get mail; not there: it cannot be looked up any further.
func (e *examination) exchangers(ctx context.Context, domain string) (found []Finding, there bool) {
	const check = "sender"
	list, err := e.Resolver.LookupMX(ctx, domain)
	switch {
	case silent(err):
		return []Finding{e.noDNS(domain, err)}, false
	case len(list) == 1 && list[0].Host == ".":
		return []Finding{warn(check, "Use a sender's domain that takes mail, or what comes back is lost.",
			"The domain %s takes no mail (a null MX).", domain)}, true
	case len(list) > 0:
		return []Finding{fine(check, "Mail to %s goes to %s.", domain, strings.TrimSuffix(list[0].Host, "."))}, true
	}
	switch addresses, err := e.Resolver.LookupHost(ctx, domain); {
	case silent(err):
		return []Finding{e.noDNS(domain, err)}, false
	case len(addresses) == 0:
		return []Finding{must(check, "Give it an MX record, or set POSTERN_MAIL_FROM to another address.",
			"The sender's domain %s has neither MX nor address in DNS: receivers refuse its letters.", domain)}, false
	}
	return []Finding{warn(check, "Give it an MX record.",
		"The sender's domain %s has an address and no MX: mail comes back only if that machine takes it.",
		domain)}, true
}

func (e *examination) noDNS(domain string, err error) Finding {
	return warn("sender", "Look at /etc/resolv.conf; or ask from elsewhere: dig MX "+domain+".",
		"DNS does not answer here, so that nothing is known of the sender's domain %s: %s.", domain, words(err))
}

// silent reports whether DNS said nothing; that there is no such record is an answer.
func silent(err error) bool {
	var fault *net.DNSError
	return err != nil && !(errors.As(err, &fault) && fault.IsNotFound)
}

// spf looks for the list of servers that may send for the domain (RFC 7208).
func (e *examination) spf(ctx context.Context, domain string) []Finding {
	const check = "SPF"
	texts, err := e.Resolver.LookupTXT(ctx, domain)
	if silent(err) {
		return []Finding{e.noDNS(domain, err)}
	}
	var records []string
	for _, text := range texts {
		if lower := strings.ToLower(text); lower == "v=spf1" || strings.HasPrefix(lower, "v=spf1 ") {
			records = append(records, lower)
		}
	}
	switch {
	case len(records) == 0:
		return []Finding{warn(check, "Add a TXT record that your smarthost's operator gives you, as \"v=spf1 "+
			"include:… -all\".", "The sender's domain %s has no SPF record: large receivers refuse its letters, or take "+
			"them for spam.", domain)}
	case len(records) > 1:
		return []Finding{must(check, "Make one record of them.",
			"The sender's domain %s has %d SPF records: receivers then count it as having a broken one.", domain,
			len(records))}
	}
	switch terms := strings.Fields(records[0])[1:]; {
	case slices.Contains(terms, "+all") || slices.Contains(terms, "all"):
		return []Finding{warn(check, "End it with -all or ~all.",
			"The SPF record of %s lets anybody send in its name (%s).", domain, records[0])}
	case len(terms) == 1 && terms[0] == "-all":
		return []Finding{must(check, "Name your smarthost's servers before -all.",
			"The SPF record of %s says that nobody may send in its name (%s).", domain, records[0])}
	}
	return []Finding{fine(check, "%s has an SPF record (%s); whether it names the smarthost's servers, only a letter "+
		"shows.", domain, records[0])}
}

// dmarc looks for what receivers are to do with letters that nobody vouches for (RFC 7489): of the domain, or of one
// above it.
func (e *examination) dmarc(ctx context.Context, domain string) []Finding {
	const check = "DMARC"
	for at := domain; strings.Contains(at, "."); _, at, _ = strings.Cut(at, ".") {
		texts, err := e.Resolver.LookupTXT(ctx, "_dmarc."+at)
		if silent(err) {
			return []Finding{e.noDNS(domain, err)}
		}
		for _, text := range texts {
			if strings.HasPrefix(strings.ToLower(strings.ReplaceAll(text, " ", "")), "v=dmarc1;") {
				return []Finding{fine(check, "_dmarc.%s has a DMARC record (%s).", at, text)}
			}
		}
	}
	return []Finding{warn(check, `Add a TXT record _dmarc.`+domain+`, to begin with "v=DMARC1; p=none".`,
		"The sender's domain %s has no DMARC record: large receivers want one.", domain)}
}
