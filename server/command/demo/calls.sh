# Postern is running. Its data is in {{.Data}}; Ctrl-C ends it.
# The letters it sends are at {{.Inbox}}
#
# Commands that are to reach it, as "postern letter list", need POSTERN_DATA={{quote .Data}}.
{{- if not .Complete}}
# Every load is decided: stop it and remove {{.Data}} to begin anew.
{{- end}}
#
# Try it: paste these calls into another shell, in their order (zsh: first "setopt interactive_comments").

POSTERN={{quote .URL}}
INBOX={{quote .Inbox}}
EMAIL={{.Email}}
{{- if .Complete}}
CLEANING={{.Complete}}
{{- end}}

# 1. Register. Answers 201 {"email":…,"status":"confirmation-required"} and owes a letter; the same call again: 409.
curl -sS -w 'HTTP %{http_code}\n' "$POSTERN/non-license-user/register" -H 'Content-Type: application/json' \
  -d '{"email":"'"$EMAIL"'","firstName":"Jan","lastName":"Peeters","organisationName":"Synthetische Terminal BV"{{if .Complete}},"cleaningId":"'"$CLEANING"'"{{end}}}'

# 2. Sign in too early. Answers 403: the mailbox is not confirmed yet.
curl -sS -w 'HTTP %{http_code}\n' "$POSTERN/non-license-user/sign-in" -H 'Content-Type: application/json' -d '{"Email":"'"$EMAIL"'"}'

# 3. Wait for the letter, and take the token out of its link. Prints the token.
TOKEN=$(curl -sS -G "$INBOX/api/v1/wait" --data-urlencode "to=$EMAIL" -d timeout=10s |
  tr '"' '\n' | sed -n 's/.*\/eecd\/activate?token=\([A-Za-z0-9_-]*\).*/\1/p' | head -n 1); echo "$TOKEN"

# 4. Activate. Answers 200 {"UserToken":…}; prints the user token.
USER_TOKEN=$(curl -sS "$POSTERN/non-license-user/activate" -H 'Content-Type: application/json' \
  -d '{"ConfirmationToken":"'"$TOKEN"'"}' | sed -n 's/.*"UserToken":"\([^"]*\)".*/\1/p'); echo "$USER_TOKEN"

# 5. Sign in. Answers 201 {"UserToken":…}, another one. (The one of step 4 comes from the mailbox, so it may do more.)
curl -sS -w 'HTTP %{http_code}\n' "$POSTERN/non-license-user/sign-in" -H 'Content-Type: application/json' -d '{"Email":"'"$EMAIL"'"}'
{{- if .Complete}}

# 6. Read the cleaning. Answers 200 with the cleaning and its load, which is open.
curl -sS -w 'HTTP %{http_code}\n' "$POSTERN/non-license-user/cleanings/$CLEANING" -H "X-NALLIAN-TOKEN: $USER_TOKEN"

# 7. Read its document. Answers 200 with a PDF, which lands in eecd.pdf.
curl -sS -w 'HTTP %{http_code}\n' -o eecd.pdf "$POSTERN/non-license-user/cleanings/$CLEANING/document" -H "X-NALLIAN-TOKEN: $USER_TOKEN"

# 8. Have the document mailed. Answers 200 {"status":"queued"}; the letter is in the inbox a moment later.
curl -sS -w 'HTTP %{http_code}\n' "$POSTERN/non-license-user/cleanings/$CLEANING/email" -H "X-NALLIAN-TOKEN: $USER_TOKEN"

# 9. Complete the load. Answers 200 {"cleaningActionId":…,"status":"completed",…}; another decision after that: 409.
curl -sS -w 'HTTP %{http_code}\n' -X PUT "$POSTERN/non-license-user/loads/$CLEANING/complete" \
  -H "X-NALLIAN-TOKEN: $USER_TOKEN" -H 'Content-Type: application/json' -d '{"ProductName":"Ethanol 96 %","Comment":"compartment 1, 24 t"}'
curl -sS -w 'HTTP %{http_code}\n' -X PUT "$POSTERN/non-license-user/loads/$CLEANING/reject" \
  -H "X-NALLIAN-TOKEN: $USER_TOKEN" -H 'Content-Type: application/json' -d '{"Comment":"too late"}'
{{- end}}
{{- if .Reject}}

# 10. Reject another one. Answers 200 {"cleaningActionId":…,"status":"rejected",…}.
curl -sS -w 'HTTP %{http_code}\n' -X PUT "$POSTERN/non-license-user/loads/{{.Reject}}/reject" \
  -H "X-NALLIAN-TOKEN: $USER_TOKEN" -H 'Content-Type: application/json' -d '{"Comment":"smell of the former product at the manhole"}'
{{- end}}

# That is all. Look at the letters: {{.Inbox}}
