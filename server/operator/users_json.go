package operator

import "postern/server/web"

func (o *Operator) user(c *web.Call) error {
	return onAddress(c, o.User)
}

func (o *Operator) exportUser(c *web.Call) error {
	return onAddress(c, o.ExportUser)
}

func (o *Operator) eraseUser(c *web.Call) error {
	return erase(c, o.EraseUser)
}

func (o *Operator) blockUser(c *web.Call) error {
	return onPerson(c, o.BlockUser)
}

func (o *Operator) unblockUser(c *web.Call) error {
	return onPerson(c, o.UnblockUser)
}

func (o *Operator) reactivateUser(c *web.Call) error {
	return onPerson(c, o.ReactivateUser)
}
