package operator

import "postern/server/web"

func (o *Operator) consoleLink(c *web.Call) error {
	link, err := o.MakeConsoleLink()
	return answer(c, link, err)
}
