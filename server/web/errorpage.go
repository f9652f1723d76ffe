package web

import "net/http"

// errorText is what a person is told of an error: what it means here, and what to do.
type errorText struct{ Title, Sentence string }

// errorTexts by language and status; 0 is for all that have no text of their own.
var errorTexts = map[string]map[int]errorText{
	"en": {
		http.StatusForbidden:       {"Not allowed", "This was not accepted. Open the page again and try once more."},
		http.StatusNotFound:        {"Page not found", "There is nothing at this address. Check the link, or open it again from the mail."},
		http.StatusTooManyRequests: {"Please wait", "That was too often in a short time. Try again a little later."},
		http.StatusInternalServerError: {"Something went wrong",
			"The fault is on our side and has been noted. Try again in a few minutes."},
		http.StatusServiceUnavailable: {"Not available right now", "Nothing can be stored at the moment. Try again in a few minutes."},
		0:                             {"This did not work", "Go back, check what you entered, and try again."},
	},
	"nl": {
		http.StatusForbidden:       {"Niet toegestaan", "Dit is niet aanvaard. Open de pagina opnieuw en probeer het nog eens."},
		http.StatusNotFound:        {"Pagina niet gevonden", "Op dit adres staat niets. Controleer de link, of open hem opnieuw vanuit de mail."},
		http.StatusTooManyRequests: {"Even geduld", "Dat was te vaak in korte tijd. Probeer het wat later opnieuw."},
		http.StatusInternalServerError: {"Er ging iets mis",
			"De fout ligt bij ons en is genoteerd. Probeer het over enkele minuten opnieuw."},
		http.StatusServiceUnavailable: {"Nu niet beschikbaar", "Er kan op dit moment niets worden opgeslagen. Probeer het over enkele minuten opnieuw."},
		0:                             {"Dit is niet gelukt", "Ga terug, controleer wat u hebt ingevuld en probeer het opnieuw."},
	},
	"fr": {
		http.StatusForbidden:       {"Non autorisé", "Cette action n’a pas été acceptée. Rouvrez la page et réessayez."},
		http.StatusNotFound:        {"Page introuvable", "Il n’y a rien à cette adresse. Vérifiez le lien ou rouvrez-le depuis le courriel."},
		http.StatusTooManyRequests: {"Veuillez patienter", "Trop d’essais en peu de temps. Réessayez un peu plus tard."},
		http.StatusInternalServerError: {"Un problème est survenu",
			"L’erreur vient de chez nous et a été enregistrée. Réessayez dans quelques minutes."},
		http.StatusServiceUnavailable: {"Indisponible pour le moment", "Rien ne peut être enregistré pour l’instant. Réessayez dans quelques minutes."},
		0:                             {"Cela n’a pas fonctionné", "Revenez en arrière, vérifiez votre saisie et réessayez."},
	},
	"de": {
		http.StatusForbidden:       {"Nicht erlaubt", "Das wurde nicht angenommen. Öffnen Sie die Seite neu und versuchen Sie es noch einmal."},
		http.StatusNotFound:        {"Seite nicht gefunden", "Unter dieser Adresse gibt es nichts. Prüfen Sie den Link, oder öffnen Sie ihn noch einmal aus der E-Mail."},
		http.StatusTooManyRequests: {"Bitte warten", "Das war zu oft in kurzer Zeit. Versuchen Sie es etwas später noch einmal."},
		http.StatusInternalServerError: {"Etwas ist schiefgegangen",
			"Der Fehler liegt bei uns und wurde festgehalten. Versuchen Sie es in einigen Minuten noch einmal."},
		http.StatusServiceUnavailable: {"Zurzeit nicht verfügbar", "Im Moment kann nichts gespeichert werden. Versuchen Sie es in einigen Minuten noch einmal."},
		0:                             {"Das hat nicht geklappt", "Gehen Sie zurück, prüfen Sie Ihre Eingaben und versuchen Sie es noch einmal."},
	},
}

// errorPage tells a person about a problem in their own language. The problem's own sentence is for programs: rooms show
// what their pages expect to go wrong themselves.
func (c *Call) errorPage(p *Problem) error {
	language := c.Language("en", "nl", "fr", "de")
	text, own := errorTexts[language][p.Status]
	if !own {
		text = errorTexts[language][0]
	}
	return c.Page(p.Status, Page{Language: language, Title: text.Title, Content: c.handler.frame.layout.failure, Data: struct {
		errorText
		Status  int
		TraceID string
	}{text, p.Status, c.TraceID}})
}
