package operator

import "testing"

func TestQueueID(t *testing.T) {
	for words, want := range map[string]string{
		"Ok: queued as 4bX1yz2Tqz1Rk":                                        "4bX1yz2Tqz1Rk",
		"Message Queued as 0F1D-22.1.":                                       "0F1D-22.1",
		"OK id=1tXyZ0-000000001AB-0Cde":                                      "1tXyZ0-000000001AB-0Cde",
		"<a@b> [InternalId=98, Hostname=X.prod] 9 bytes Queued mail for del": "98",
		"523DaFq1001234 Message accepted for delivery":                       "523DaFq1001234",
		"OK  1741000000 5b1f17b1804b1-43bc-12.34 - gsmtp":                    "1741000000 5b1f17b1804b1-43bc-12.34",
		"ok 1741000000 qp 4711":                                              "4711",
		"Ok 0100019558a1b2c3-8f1e2d3c-0000-000000":                           "0100019558a1b2c3-8f1e2d3c-0000-000000",
		"Accepted, message id <abc@host>":                                    "abc@host",
		"Ok thank-you":                                                       "",
		"it is in the inbox":                                                 "",
		"":                                                                   "",
	} {
		if got := queueID(words); got != want {
			t.Errorf("%q: %q, want %q", words, got, want)
		}
	}
}
