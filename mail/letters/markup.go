package letters

// marks are the HTML around blocks, as formats for fmt: the styles are inline, since mail clients drop style sheets,
// and the classes are what layout.html's one style sheet gives other colours to in the dark.
type marks struct {
	heading, paragraph string // words
	button             string // name of the target's value, words
	facts              string // rows
	fact               string // label, value
	quote              string // name of the value
	link               string // name of the target's value, words
}

// bodyMarks are for the card in the middle.
var bodyMarks = marks{
	heading: `<h1 class="ink" style="margin:0 0 20px;font-size:24px;line-height:1.3;font-weight:700;color:#1c2733">` +
		"%s</h1>\n",
	paragraph: `<p class="ink" style="margin:0 0 18px;font-size:16px;line-height:1.55;color:#1c2733">%s</p>` + "\n",
	button: `<table role="presentation" class="action" cellpadding="0" cellspacing="0" border="0" ` +
		`style="margin:8px 0 26px"><tr>` +
		`<td class="button" bgcolor="#0b5c7a" style="border-radius:8px;background-color:#0b5c7a">` +
		`<a class="label" href="{{.%s}}" style="display:inline-block;padding:14px 28px;font-size:16px;` +
		`line-height:1.3;font-weight:700;color:#ffffff;text-decoration:none">%s</a></td></tr></table>` + "\n",
	facts: `<table role="presentation" cellpadding="0" cellspacing="0" border="0" width="100%%" ` +
		`style="margin:0 0 20px;border-collapse:collapse">` + "\n%s</table>\n",
	fact: `<tr><td class="soft rule" valign="top" style="width:34%%;padding:9px 14px 9px 0;font-size:14px;` +
		`line-height:1.45;color:#525f6e;border-bottom:1px solid #dfe4ea">%s</td>` +
		`<td class="ink rule" valign="top" style="padding:9px 0;font-size:16px;line-height:1.45;color:#1c2733;` +
		`border-bottom:1px solid #dfe4ea;word-break:break-word">%s</td></tr>` + "\n",
	quote: `<table role="presentation" cellpadding="0" cellspacing="0" border="0" width="100%%" ` +
		`style="margin:0 0 24px"><tr>` +
		`<td class="quote" style="padding:12px 16px;font-size:16px;line-height:1.55;color:#1c2733;` +
		`background-color:#eef2f5;border-left:4px solid #0b5c7a;word-break:break-word">` +
		`{{range $i, $line := .%s}}{{if $i}}<br>{{end}}{{$line}}{{end}}</td></tr></table>` + "\n",
	link: `<a class="link" href="{{.%s}}" style="color:#0b5c7a;text-decoration:underline">%s</a>`,
}

// footerMarks are for the small print under the card. It has words only.
var footerMarks = marks{
	heading:   footerParagraph,
	paragraph: footerParagraph,
	button:    `<p style="margin:0 0 8px">` + footerLink + "</p>\n",
	facts:     bodyMarks.facts,
	fact:      bodyMarks.fact,
	quote:     bodyMarks.quote,
	link:      footerLink,
}

const (
	footerParagraph = `<p class="soft" style="margin:0 0 8px;font-size:13px;line-height:1.5;` +
		`color:#525f6e">%s</p>` + "\n"
	footerLink = `<a class="soft" href="{{.%s}}" style="font-size:13px;color:#525f6e;text-decoration:underline">%s</a>`
)
